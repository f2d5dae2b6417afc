import Model

/// Why an address cannot be an interface's.
struct AddressFault {
    let message: String
    let mend: String

    /// Nil where the address is usable. Without a subnet only the address itself is looked at.
    init?(_ address: IPAddress, in subnet: Subnet?) {
        if let use = Self.specialUse(address) {
            self.message = "address \(address) is \(use)"
            self.mend = "choose a unicast address of the subnet"
            return
        }
        guard let subnet, !subnet.prefixes.isEmpty else { return nil }
        guard let prefix = subnet.prefixes.first(where: { $0.contains(address) }) else {
            self.message = "address \(address) is outside subnet \"\(subnet.name)\""
            self.mend = "choose one of \(subnet.prefixes.map(\.description).joined(separator: ", "))"
            return
        }
        // RFC 3021: a /31 has neither network nor broadcast address, nor has a /32.
        guard prefix.family == .ipv4, prefix.length < 31 else { return nil }
        let last = prefix.base.low | ((1 << UInt64(32 - prefix.length)) - 1)
        guard address.low == prefix.base.low || address.low == last else { return nil }
        self.message = "\(address) is the \(address.low == last ? "broadcast" : "network") address of \(prefix)"
        let bounds = [prefix.base.low + 1, last - 1].map { IPAddress(ipv4: UInt32(truncatingIfNeeded: $0)).description }
        self.mend = "choose one of \(bounds.joined(separator: " to "))"
    }

    /// What the address is reserved for, where it is.
    private static func specialUse(_ address: IPAddress) -> String? {
        PrefixFault.specialBlocks.first { $0.block.contains(address) }?.use
    }
}

/// Why a text cannot be the name of a Linux device.
struct DeviceFault {
    let message: String
    let mend: String

    /// `ALTIFNAMSIZ` is 128 with its closing zero; a name beyond `IFNAMSIZ` (16) can only be an altname.
    private static let maximumLength = 127
    private static let maximumNameLength = 15

    /// * `isAltname`: whether an altname will do.
    init?(_ device: String, isAltname: Bool = true) {
        if device.utf8.count > (isAltname ? Self.maximumLength : Self.maximumNameLength) {
            self.message = "device name \"\(device.prefix(20))…\" has \(device.utf8.count) bytes"
            self.mend =
                isAltname ? "use at most 15 for a name, 127 for an altname" : "use the device's name, of at most 15"
        } else if device == "." || device == ".." {
            self.message = "device name \"\(device)\" is refused by the kernel"
            self.mend = "write the device's name or altname"
        } else if let character = device.first(where: { !Self.isAllowed($0) }) {
            // The kernel refuses "/", ":" and spaces; quotes, "\" and "*" mean something to the nft program.
            self.message = "device name \"\(device)\" contains \"\(character)\""
            self.mend = "use printable ASCII without spaces, \"/\", \":\", quotes, \"\\\" and \"*\""
        } else {
            return nil
        }
    }

    private static func isAllowed(_ character: Character) -> Bool {
        guard let byte = character.asciiValue else { return false }
        return (0x21...0x7e).contains(byte) && !"/:\"'`\\*".utf8.contains(byte)
    }
}
