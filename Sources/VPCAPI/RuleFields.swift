import Model
import Registry
import Service

/// Reads what rules of groups and of ACLs have in common: addresses, ports, ICMP types.
enum RuleFields {
    /// `ip_version`; absent is IPv4.
    static func etherType(_ body: BodyObject) throws(VPCError) -> String? {
        try body.choice("ip_version", ["ipv4", "ipv6"]).map { $0 == "ipv6" ? "IPv6" : "IPv4" }
    }

    static func direction(_ body: BodyObject) throws(VPCError) -> String? {
        try body.choice("direction", ["inbound", "outbound"]).map { $0 == "inbound" ? "ingress" : "egress" }
    }

    static func direction(_ stored: String) -> JSON { stored == "ingress" ? "inbound" : "outbound" }

    /// An address: no block.
    static func address(_ text: String, _ field: String, _ etherType: String) throws(VPCError) -> String {
        guard let address = IPAddress(text) else {
            throw .field(
                .invalidAddress, field, "\(field): this is no IP address.", value: .string(String(text.prefix(100))))
        }
        try checkFamily(address.family, etherType, field)
        return address.description
    }

    /// A block in CIDR form without host bits; every address is nil.
    static func block(_ text: String, _ field: String, _ etherType: String) throws(VPCError) -> IPPrefix {
        let prefix: IPPrefix
        do {
            guard text.contains("/") else { throw IPPrefix.ParseError.malformed }
            prefix = try IPPrefix(parsing: text)
        } catch {
            throw .field(
                .invalidCIDR, field, "\(field): a block ADDRESS/LENGTH without host bits is wanted.",
                value: .string(String(text.prefix(100))))
        }
        try checkFamily(prefix.family, etherType, field)
        return prefix
    }

    private static func checkFamily(_ family: AddressFamily, _ etherType: String, _ field: String) throws(VPCError) {
        guard family == (etherType == "IPv6" ? .ipv6 : .ipv4) else {
            throw .field(.badField, field, "\(field): the address is not of the rule's ip_version.")
        }
    }

    /// A pair of ports: both or neither, in order.
    static func checkPair(_ low: Int?, _ high: Int?, _ lowName: String, _ highName: String) throws(VPCError) {
        guard (low == nil) == (high == nil) else {
            throw .field(
                .portsBothOrNeither, low == nil ? lowName : highName, "\(lowName), \(highName): give both or neither.")
        }
        if let low, let high, low > high {
            throw .field(.portsReversed, highName, "\(highName): \(high) is less than \(lowName) \(low).")
        }
    }

    static func checkICMP(_ type: Int?, _ code: Int?, _ body: BodyObject) throws(VPCError) {
        if type == nil, code != nil {
            throw .field(.requiredField, body.name("type"), "\(body.name("type")): a code needs a type.")
        }
    }

    /// A number that a patch sets, unsets or leaves.
    static func edited(
        _ body: BodyObject, _ key: String, _ range: ClosedRange<Int>, from former: Int?
    ) throws(VPCError) -> Int? {
        if body.isUnset(key) { return nil }
        return try body.number(key, range) ?? former
    }

    /// The first of some fields that a body has and its rule's protocol has no use for.
    static func refuse(
        _ keys: [String], in body: BodyObject, _ code: VPCError.Code, _ words: String
    ) throws(VPCError) {
        guard let key = keys.first(where: { body.has($0) && !body.isUnset($0) }) else { return }
        throw .field(code, body.name(key), "\(body.name(key)): \(words).")
    }

    static func isBlank(_ prefix: IPPrefix) -> Bool { prefix.length == 0 }

    static func everything(_ etherType: String?) -> String { etherType == "IPv6" ? "::/0" : "0.0.0.0/0" }
}
