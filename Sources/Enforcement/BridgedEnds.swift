import Attribution
import Model

/// Gives rules that find an interface by its device their brothers, which find it by bridge and address.
enum BridgedEnds {
    static func expand(_ rules: [Ruleset.Rule]) -> [Ruleset.Rule] { rules.flatMap(expand) }

    private static func expand(_ rule: Ruleset.Rule) -> [Ruleset.Rule] {
        // What a device may send from, and what may leave by it, the port stage asks for ports.
        guard !rule.contains(where: isOfDevices) else { return [rule] }
        if rule.contains(where: asksForNone) {
            return families(of: rule).map { family in
                rule.flatMap { statement -> [Statement] in
                    guard case .lookup(let key, .ports, isIn: false) = statement else { return [statement] }
                    return [
                        statement, .lookup(key + key.map { address($0, family) }, .bridged(.ends(family)), isIn: false),
                    ]
                }
            }
        }
        guard rule.contains(where: { bridged($0, .ipv4) != nil }) else { return [rule] }
        return [rule] + families(of: rule).map { family in rule.map { bridged($0, family) ?? $0 } }
    }

    private static func isOfDevices(_ statement: Statement) -> Bool {
        switch statement {
        case .lookup(_, .sources, isIn: false), .lookup(_, .sourcesWithMAC, _), .lookup(_, .targets, _): true
        default: false
        }
    }

    private static func asksForNone(_ statement: Statement) -> Bool {
        if case .lookup(_, .ports, isIn: false) = statement { true } else { false }
    }

    /// The brother of a statement; nil where it does not ask for an interface.
    private static func bridged(_ statement: Statement, _ family: AddressFamily) -> Statement? {
        switch statement {
        case .lookup(let key, let set, isIn: true) where key.count == 1:
            brother(of: set, family).map { .lookup(key + key.map { address($0, family) }, $0, isIn: true) }
        // Whose the address is that a session has at an end.
        case .lookup(let key, .sources(let family), isIn: true):
            .lookup(key, .bridged(.ends(family)), isIn: true)
        case .note(.profile(let key, let map)):
            brother(of: map, family).map { .note(.profile(key + key.map { address($0, family) }, of: $0)) }
        default: nil
        }
    }

    /// The set of interfaces on bridges that stands for a set of devices.
    private static func brother(of set: SetName, _ family: AddressFamily) -> SetName? {
        switch set {
        case .ports: .bridged(.ends(family))
        case .egressCounts: .bridged(.egressCounts(family))
        case .ingressCounts: .bridged(.ingressCounts(family))
        case .counting(let set, let half): overflow(set, family).map { .counting($0, half) }
        case .profiles(let direction, let epoch): .bridged(.profiles(direction, family, epoch: epoch))
        case .formerProfiles(let direction, let epoch): .bridged(.formerProfiles(direction, family, epoch: epoch))
        default: nil
        }
    }

    private static func overflow(_ set: CountingSet, _ family: AddressFamily) -> CountingSet? {
        guard case .overflow(let kind, let direction) = set.meaning, set.family == nil else { return nil }
        return .overflow(kind, direction, onBridge: family)
    }

    /// Which of the packet's addresses is that of the interface at a device.
    private static func address(_ device: PacketField, _ family: AddressFamily) -> PacketField {
        device == .inputDevice ? .source(family) : .target(family)
    }

    /// The families of which a rule can be: nft refuses one that asks for both.
    private static func families(of rule: Ruleset.Rule) -> [AddressFamily] {
        for statement in rule {
            if let family = family(of: statement) { return [family] }
        }
        return AddressFamily.allCases
    }

    private static func family(of statement: Statement) -> AddressFamily? {
        switch statement {
        case .match(.family(let family)), .match(.hasNoHopLeft(let family)), .match(.hasHopLeft(let family)): family
        case .match(.source(let prefixes)), .match(.target(let prefixes)), .match(.targetNot(let prefixes)):
            prefixes.first?.family
        case .match(.icmpType(let transport, _)), .match(.icmpCode(let transport, _)):
            transport == .icmp ? .ipv4 : .ipv6
        case .match(.hopLimit): .ipv6
        case .lookup(let key, _, _), .update(_, let key), .add(_, let key): key.lazy.compactMap(family).first
        default: nil
        }
    }

    private static func family(_ field: PacketField) -> AddressFamily? {
        switch field {
        case .source(let family), .target(let family), .initiator(let family), .responder(let family),
            .firstHeader(let family):
            family
        default: nil
        }
    }
}
