import Documents
import Model

/// Reads what an interface has, and what it may use besides.
struct AddressReader {
    /// What `address` or `addresses` says.
    struct Own {
        var addresses: [IPAddress] = []
        var prefixes: [IPPrefix] = []
    }

    let claims: HostClaims
    let subnet: Subnet?
    /// Whose they are, as `web-1/eth0 of VPC "shop"`.
    let owner: String

    /// So many pairs an interface has at most: whoever may make one makes no more of them than this.
    private static let maximumPairs = 64

    // MARK: Its own

    func readOwn(_ value: FileValue) -> Own {
        var own = Own()
        let elements = value.isList ? value.elements(of: "addresses") : [value]
        for element in elements { read(element, into: &own) }
        if elements.isEmpty {
            value.report("the list has no address", mend: "write at least one")
        } else if own.addresses.isEmpty, !own.prefixes.isEmpty {
            value.report(
                "\(own.prefixes[0]) stands without an address of the interface's own, by way of which it is reached",
                mend: "write that address as well, as 10.1.1.10")
        }
        return own
    }

    private func read(_ value: FileValue, into own: inout Own) {
        guard let text = value.text("an address, as 10.1.1.10, or a prefix, as 10.2.0.0/26") else { return }
        guard text.contains("/") else {
            if let address = readAddress(text, value) { own.addresses.append(address) }
            return
        }
        guard let prefix = PrefixReader.parse(text, value) else { return }
        if prefix.isSingleAddress {
            if let address = readAddress(prefix.base.description, value) { own.addresses.append(address) }
        } else {
            if let fault = PrefixFault(prefix) { value.report(fault.message, mend: fault.mend) }
            claims.claim(PlacedPrefix(prefix: prefix, value: value, owner: owner))
            own.prefixes.append(prefix)
        }
    }

    private func readAddress(_ text: String, _ value: FileValue) -> IPAddress? {
        guard let address = IPAddress(text) else {
            value.report("\"\(text)\" is not an address", mend: "write one as 10.1.1.10 or fd00:1::10")
            return nil
        }
        if let fault = AddressFault(address, in: subnet) { value.report(fault.message, mend: fault.mend) }
        if let earlier = claims.claim(address: address, of: value, by: owner) {
            value.report(
                "address \(address) is already that of \(earlier)",
                mend: "choose another, or write one that several may hold into the pairs of each")
        }
        return address
    }

    // MARK: Pairs

    func readPairs(_ list: FileValue?) -> [AddressPair] {
        guard let list else { return [] }
        var pairs: [AddressPair] = []
        for value in list.elements(of: "pairs") {
            guard let fields = value.fields(["address", "mac"]),
                let place = fields.required("address", "ADDRESS or PREFIX"),
                let text = place.text("an address, as 10.1.1.100, or a prefix"),
                let prefix = PrefixReader.parse(text, place)
            else { continue }
            if let fault = PrefixFault(prefix) { place.report(fault.message, mend: fault.mend) }
            let pair = AddressPair(prefix, mac: MACReader.read(fields["mac"]))
            if pairs.contains(pair) {
                value.report("the pair \(pair) stands twice", mend: "remove one of them")
            } else {
                pairs.append(pair)
            }
        }
        if pairs.count > Self.maximumPairs {
            list.report(
                "\(pairs.count) pairs are more than \(Self.maximumPairs)", mend: "write prefixes that hold several")
        }
        return pairs
    }
}

/// Reads MAC addresses.
enum MACReader {
    static func read(_ value: FileValue?) -> MACAddress? {
        guard let value, let text = value.text("a MAC address") else { return nil }
        guard let mac = MACAddress(text) else {
            value.report("\"\(text)\" is not a MAC address", mend: "write six pairs of digits, as 02:00:0a:01:01:0a")
            return nil
        }
        // The lowest bit of the first byte marks a group of stations, which never sends.
        if mac.bits >> 40 & 1 == 1 || mac.bits == 0 {
            value.report("MAC address \(mac) is not one that a station sends from", mend: "write a unicast address")
        }
        return mac
    }
}
