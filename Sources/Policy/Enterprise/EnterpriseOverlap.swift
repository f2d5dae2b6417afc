package import Model

/// An enterprise rule that is never asked to decide: an earlier one ends the list for all that it matches.
package struct EnterpriseOverlap: Hashable, Sendable {
    package let rule: EnterpriseRule
    package let earlier: EnterpriseRule

    /// Whether the later one would have decided otherwise.
    package var isConflict: Bool { rule.action != .observe && rule.action != earlier.action }

    package var words: String {
        "enterprise rule \(rule.name) is never asked: \(earlier.name) before it "
            + "\(earlier.action == .allow ? "allows" : "blocks") all that it matches"
            + (isConflict ? ", and says otherwise" : "")
    }
}

extension Policy {
    /// So many rules are compared each with all before it.
    private static let comparedRules = 2000

    /// The rules that others before them hide entirely; nil where there are too many to compare.
    ///
    /// Only what ends the list always hides others: not what is off, has hours or expires.
    package var enterpriseOverlaps: [EnterpriseOverlap]? {
        let policy = holding()
        guard let rules = policy.enterprise?.filter(\.isEnabled) else { return [] }
        guard rules.count <= Self.comparedRules else { return nil }
        var addresses = EnterpriseAddresses(policy)
        let extents = rules.map { EnterpriseExtent($0, &addresses) }
        var found: [EnterpriseOverlap] = []
        for (place, extent) in extents.enumerated() {
            guard let earlier = extents[..<place].first(where: { $0.hides(extent) }) else { continue }
            found.append(EnterpriseOverlap(rule: extent.rule, earlier: earlier.rule))
        }
        return found
    }
}

/// What a rule matches: a list of addresses at each end, nil for all, or all but the list.
private struct EnterpriseExtent {
    let rule: EnterpriseRule
    private let source: AddressRanges?
    private let target: AddressRanges?
    private let scope: AddressRanges?

    init(_ rule: EnterpriseRule, _ addresses: inout EnterpriseAddresses) {
        self.rule = rule
        source = addresses.ranges(rule.source)
        target = addresses.ranges(rule.target)
        scope = addresses.ranges(rule.scope)
    }

    /// Whether this rule ends the list for all that the other matches.
    func hides(_ other: EnterpriseExtent) -> Bool {
        rule.action != .observe && rule.schedule == nil && rule.expires == nil && rule.direction == other.rule.direction
            && Self.covers(rule.source, source, other.rule.source, other.source)
            && Self.covers(rule.target, target, other.rule.target, other.target)
            && (scope == nil || scope == other.scope)
            && other.rule.services.allSatisfy { wanted in rule.services.contains { $0.covers(wanted) } }
    }

    private static func covers(
        _ end: EnterpriseEnd, _ ranges: AddressRanges?, _ other: EnterpriseEnd, _ otherRanges: AddressRanges?
    ) -> Bool {
        switch (end, other) {
        case (.any, _): true
        case (_, .any): false
        case (.anyOf, .noneOf): false
        case (.anyOf, .anyOf): (otherRanges ?? AddressRanges()).subtracting(ranges ?? AddressRanges()).isEmpty
        case (.noneOf, .noneOf): (ranges ?? AddressRanges()).subtracting(otherRanges ?? AddressRanges()).isEmpty
        case (.noneOf, .anyOf):
            (otherRanges ?? AddressRanges()).subtracting(ranges ?? AddressRanges()) == (otherRanges ?? AddressRanges())
        }
    }
}

extension Service {
    /// Whether every session of another service is of this one, as far as the words show.
    fileprivate func covers(_ other: Service) -> Bool {
        switch (self, other) {
        case (.any, _): true
        case (.icmpTCPUDP, .icmpTCPUDP): true
        case (.icmpTCPUDP, .transport(let transport, _)): transport == .tcp || transport == .udp || transport.isICMP
        case (.icmpTCPUDP, .icmp): true
        case (.transport(let one, nil), .transport(let two, _)): one == two
        case (.transport(let one, .some(let ports)), .transport(let two, .some(let others))):
            one == two && ports.lower <= others.lower && ports.upper >= others.upper
        case (.icmp(let one, let type, let code), .icmp(let two, let otherType, let otherCode)):
            one == two && (type == nil || type == otherType) && (code == nil || code == otherCode)
        case (.icmpTCPUDP, .any), (.transport, _), (.icmp, _): false
        }
    }
}
