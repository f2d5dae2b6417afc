import Model
import Registry
import Service

/// A rule's protocol: how the registry stores it, and how each API version spells it.
///
/// | stored | before 2025-12-09 | since |
/// |---|---|---|
/// | `icmp_tcp_udp` | `all` | `icmp_tcp_udp` |
/// | nothing, in an ACL rule that denies | `all` | `any` |
/// | nothing, elsewhere | `any` | `any` |
struct RuleProtocol: Hashable, Sendable {
    /// Where a rule is: only ACL rules can deny.
    enum Place: Sendable {
        case group
        case allow
        case deny
    }

    /// What fields a rule of the protocol has.
    enum Shape: Sendable {
        case ports
        case icmp
        case bare
    }

    /// As the registry has it; nil is every protocol.
    let stored: String?

    private static let names: [(name: String, number: UInt8)] = [
        ("tcp", 6), ("udp", 17), ("icmp", 1), ("ah", 51), ("esp", 50), ("gre", 47), ("ip_in_ip", 4), ("l2tp", 115),
        ("rsvp", 46), ("sctp", 132), ("vrrp", 112),
    ]

    init(stored: String?) { self.stored = stored }

    var shape: Shape {
        guard let transport else { return .bare }
        if transport.isICMP { return .icmp }
        return transport == .tcp || transport == .udp ? .ports : .bare
    }

    private var transport: TransportProtocol? {
        guard let stored, stored != RuleDraft.icmpTCPUDP else { return nil }
        return stored == "ip" ? TransportProtocol(rawValue: 0) : TransportProtocol(stored)
    }

    /// Reads a body's `protocol`.
    init(_ body: BodyObject, _ place: Place, isIPv6: Bool, _ version: APIVersion) throws(VPCError) {
        let text = try body.requiredText("protocol")
        let wrong = VPCError.field(
            .enumeration, body.name("protocol"), "\(body.name("protocol")): no protocol of this API version.",
            value: .string(String(text.prefix(100))))
        switch text {
        case "all":
            guard version.isBeforeSplit else { throw wrong }
            stored = place == .deny ? nil : RuleDraft.icmpTCPUDP
        case RuleDraft.icmpTCPUDP:
            guard !version.isBeforeSplit, place != .deny else { throw wrong }
            stored = text
        case "any":
            guard !version.isBeforeSplit || place != .deny else { throw wrong }
            stored = nil
        case "icmp":
            stored = isIPv6 ? "ipv6-icmp" : text
        default:
            guard let number = Self.number(text) else { throw wrong }
            stored = TransportProtocol(rawValue: number).map(of: text)
        }
    }

    private static func number(_ text: String) -> UInt8? {
        if let named = names.first(where: { $0.name == text }) { return named.number }
        guard text.hasPrefix("number_") else { return nil }
        let digits = text.dropFirst(7)
        guard let number = UInt8(digits), String(number) == digits, !names.contains(where: { $0.number == number })
        else { return nil }
        return number
    }

    /// The word for a version.
    func text(_ place: Place, _ version: APIVersion) -> String {
        guard stored != RuleDraft.icmpTCPUDP else { return version.isBeforeSplit ? "all" : RuleDraft.icmpTCPUDP }
        guard let transport else { return place == .deny && version.isBeforeSplit ? "all" : "any" }
        if transport.isICMP { return "icmp" }
        return Self.names.first { $0.number == transport.rawValue }?.name ?? "number_\(transport.rawValue)"
    }

    /// What a rule's protocol becomes when its action changes: `all` means another thing in a rule that denies.
    func moved(from former: Place, to place: Place, _ version: APIVersion) throws(VPCError) -> RuleProtocol {
        guard former != place else { return self }
        let isAll = text(former, version) == "all"
        if place == .deny {
            guard version.isBeforeSplit ? stored != nil : stored != RuleDraft.icmpTCPUDP else {
                throw .field(.badField, "action", "action: a rule of protocol \(text(former, version)) cannot deny.")
            }
            return isAll ? RuleProtocol(stored: nil) : self
        }
        return isAll ? RuleProtocol(stored: RuleDraft.icmpTCPUDP) : self
    }
}

extension TransportProtocol {
    /// The registry's spelling: a name of both APIs, or the number.
    fileprivate func map(of text: String) -> String {
        text.hasPrefix("number_") || description != text ? "\(rawValue)" : description
    }
}
