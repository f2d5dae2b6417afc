import Netlink

/// The wanted content of Gatehouse's table, as values that can be compared: nothing here touches the kernel.
package struct Ruleset: Equatable, Sendable {
    /// What a rule asks, notes and decides, in order.
    package typealias Rule = [Statement]

    /// Where an element of a map leads; `.nothing` in a set.
    package enum Target: Hashable, Sendable {
        case nothing
        case chain(String)
        /// A number: its text and the kernel's bytes.
        case number(Element)
    }

    /// A chain: its hook when it is a base chain, and its rules in order.
    package struct Chain: Equatable, Sendable {
        package let hook: Hook?
        /// Whether the chain hangs on a hook.
        package let isBase: Bool
        /// nil where the kernel has the chain with rules that we did not make or no longer know: no rules are equal to it.
        package let rules: [Rule]?

        package init(hook: Hook? = nil, _ rules: [Rule]) {
            self.hook = hook
            self.rules = rules
            isBase = hook != nil
        }

        private init(isBase: Bool) {
            hook = nil
            rules = nil
            self.isBase = isBase
        }

        /// A chain that was found in the kernel.
        static func unknown(isBase: Bool) -> Chain { Chain(isBase: isBase) }
    }

    /// Elements of sets and maps; none where packets write them.
    package var sets: [SetName: [Element: Target]] = [:]
    /// By name; behind `bridge/` those of the table of bridges' ports.
    package var chains: [String: Chain] = [:]

    package init() {}

    /// The table that a chain stands in, and its name there.
    static func place(ofChain key: String) -> (table: TableName, name: String) {
        key.hasPrefix(portPrefix) ? (.ports, String(key.dropFirst(portPrefix.count))) : (.gatehouse, key)
    }

    /// What the names of chains in the table of bridges' ports begin with, which no name in nft can hold.
    static let portPrefix = "bridge/"

    mutating func add(_ hook: Hook, _ rules: [Rule]) { chains[hook.chain] = Chain(hook: hook, rules) }

    /// Whether something of it stands in the table of bridges' ports.
    var hasPorts: Bool {
        chains.keys.contains { $0.hasPrefix(Self.portPrefix) } || sets.keys.contains { $0.table == .ports }
    }

    mutating func merge(_ other: Ruleset) {
        sets.merge(other.sets) { _, new in new }
        chains.merge(other.chains) { _, new in new }
    }

    /// Takes out a part, by the names of its sets and chains.
    mutating func remove(where isOfPart: (SetName?, String) -> Bool) {
        sets = sets.filter { !isOfPart($0.key, "") }
        chains = chains.filter { !isOfPart(nil, $0.key) }
    }

    /// The names alone, and the elements that linger, for deleting what is no longer wanted.
    var names: Ruleset {
        var names = Ruleset()
        for (name, elements) in sets { names.sets[name] = name.lingers ? elements : [:] }
        for name in chains.keys { names.chains[name] = Chain([]) }
        return names
    }
}
