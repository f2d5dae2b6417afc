import Documents
import Model

/// Reads what is said of hosts' bridges.
struct BridgeReader {
    /// Devices of interfaces, which lead to guests and not out of the host.
    let claims: HostClaims

    func read(_ list: FileValue) -> [BridgeSettings] {
        var names = NameRegister(kind: "bridge")
        return list.elements(of: "bridges").compactMap { value in
            guard let fields = value.fields(["name", "unknown", "uplinks"]) else { return nil }
            let name = names.read(fields)
            if let place = fields["name"] {
                if let fault = DeviceFault(name, isAltname: false) { place.report(fault.message, mend: fault.mend) }
            }
            return BridgeSettings(
                name: name, unknown: fields["unknown"].flatMap(readUnknown) ?? .accept,
                uplinks: readUplinks(fields["uplinks"]))
        }
    }

    private func readUnknown(_ value: FileValue) -> BridgeSettings.Unknown? {
        let words = BridgeSettings.Unknown.allCases.map(\.rawValue)
        guard let text = value.text(words.joined(separator: " or ")) else { return nil }
        if let unknown = BridgeSettings.Unknown(rawValue: text) { return unknown }
        value.report(
            "unknown \"\(text.prefix(40))\" is none of \(words.joined(separator: ", "))",
            mend: Suggestion.mend(text, among: words, none: "write refuse"))
        return nil
    }

    private func readUplinks(_ list: FileValue?) -> [String] {
        var uplinks: [String] = []
        for value in list?.elements(of: "devices") ?? [] {
            guard let device = value.text("a device's name") else { continue }
            if let fault = DeviceFault(device, isAltname: false) { value.report(fault.message, mend: fault.mend) }
            if let owner = claims.owner(ofDevice: device) {
                value.report(
                    "device \"\(device)\" is that of \(owner), and no uplink", mend: "take it out of one of the two")
            }
            if uplinks.contains(device) {
                value.report("device \"\(device)\" stands twice", mend: "remove one of them")
            } else {
                uplinks.append(device)
            }
        }
        return uplinks
    }
}
