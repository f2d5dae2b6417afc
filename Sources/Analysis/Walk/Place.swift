import Model

/// All that any stage asks about one end of a packet: ends of which it says the same are judged alike.
///
/// Numbers are those of one `Walk`, so that places of two policies can be compared: equal places have equal rules.
struct Place: Hashable, Sendable {
    let family: AddressFamily
    /// What the groups of an interface admit; nil outside.
    var rules: Rules?
    /// The edge of the interface's subnet; nil where no network ACL is asked.
    var edge: Int32?
    /// The groups whose member the address is, ascending.
    var groups: [Int32] = []
    /// The prefixes that rules name and that hold the address, ascending.
    var prefixes: [Int32] = []
    /// What the enterprise policy asks of it; nil where there is none.
    var enterprise: Enterprise?
    /// Whether packets for it are for the host itself or for many on the link.
    var staysHere = false
    var isLinkLocal = false

    struct Enterprise: Hashable, Sendable {
        /// Number of the list.
        let list: Int32
        /// The sets of addresses that its rules name and that hold the address, ascending.
        let sets: [Int32]
        /// Whether refusals there are notes.
        let observes: Bool
    }

    struct Rules: Hashable, Sendable {
        /// Numbers of rule tables.
        let ingress: Int32
        let egress: Int32
        let isStateless: Bool
    }

    var isInterface: Bool { rules != nil }
}

/// What the groups of one interface admit in one direction, by the other end.
struct RuleTable: Hashable, Sendable {
    /// Packet spaces, whoever the other end is, where it is in a prefix, and where it is in a group.
    var any: Int32
    var prefixes: [Int32: Int32] = [:]
    var groups: [Int32: Int32] = [:]
}

/// The network ACL of a subnet, and what the subnet is.
struct Edge: Hashable, Sendable {
    struct Rule: Hashable, Sendable {
        let isAllowed: Bool
        let direction: Direction
        /// Packet spaces by family; nil where the rule has none of it.
        let spaces: [AddressFamily: Int32]
        /// Numbers of prefixes; nil is any.
        let source: Int32?
        let target: Int32?
    }

    /// The subnet's own prefixes: what is within them passes no edge.
    let subnet: [Int32]
    let rules: [Rule]

    /// For each rule whether an end is what it wants of that end.
    func matches(_ end: KeyPath<Rule, Int32?>, _ place: Place) -> [Bool] {
        rules.map { rule in rule[keyPath: end].map(place.prefixes.contains) ?? true }
    }
}
