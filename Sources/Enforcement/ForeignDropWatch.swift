import Host
package import Model
package import Netlink

/// Looks for other tables that drop behind ours or translate addresses, and looks again when somebody changed a ruleset.
///
/// That costs one small request while nobody does. Reading takes as long as the others' tables are large, so it takes a fiftieth
/// of the time at most. Tables of iptables-legacy tell nothing of their changes: where there are some they are read every ten
/// seconds.
package struct ForeignDropWatch {
    private let program: NftProgram
    private let numbers: RuleTable
    private var number: UInt32?
    private var next: Int64 = 0
    private var nextLegacy: Int64 = 0
    private var tables: [ForeignTable] = []
    private var legacy: [ForeignTable] = []
    private var unreadTables: [String] = []
    private var unreadLegacy: [String] = []
    private var translates = false
    private var translatingLegacy = false
    /// What may drop behind us, as of the last look.
    package private(set) var drops: [ForeignDrop] = []

    package init(program: NftProgram, socket: NetfilterSocket) {
        self.program = program
        numbers = RuleTable(.gatehouse, socket: socket)
    }

    /// What does to all frames of a bridge what no rule of ours does.
    ///
    /// * `bridges`: the blocks of addresses of those that interfaces hang on.
    package func harms(_ bridges: [String: Set<IPPrefix>]) -> [BridgeHarm] {
        bridges.sorted { $0.key < $1.key }.flatMap { bridge, blocks in
            (tables + legacy).flatMap { $0.harms(bridge, blocks.sorted { "\($0)" < "\($1)" }) }
        }
    }

    /// What could not be read, and why: what it drops is not known.
    package var unreadable: [String] { unreadTables + unreadLegacy }

    /// Whether another table may translate addresses; also where one could not be read.
    package var mayTranslate: Bool { translates || translatingLegacy || !unreadable.isEmpty }

    /// Looks, where it is time to.
    package mutating func look() throws {
        let now = SystemClock.monotonic
        guard now >= next else { return }
        if now >= nextLegacy {
            let names = [false, true].map(Self.legacyTables)
            translatingLegacy = names.contains { $0.contains("nat") }
            if names.contains(where: { !$0.isEmpty }) || !legacy.isEmpty {
                readLegacy(names)
                note()
                nextLegacy = SystemClock.monotonic + 10_000_000_000
            }
        }
        let found = try numbers.rulesetNumber()
        guard found != number else { return }
        try readTables()
        // What could not be read, as while its owner was at work on it, is read again though nothing changes any more.
        number = unreadTables.isEmpty ? found : nil
        note()
        let end = SystemClock.monotonic
        next = end + 50 * (end - now)
    }

    private mutating func note() {
        drops = (tables + legacy).flatMap(\.drops)
        translates = tables.contains(where: \.translates)
    }

    private mutating func readTables() throws {
        tables = []
        unreadTables = []
        for (family, table) in try program.tables() where family != "arp" {
            guard !TableName.own.contains(where: { ($0.family.word, $0.name) == (family, table) }) else { continue }
            do {
                guard let text = try program.listForeign(family, table) else { continue }
                tables.append(ForeignTable(listing: text, family: family, table: table))
            } catch {
                unreadTables.append("table \(family) \(table): \(error)")
            }
        }
    }

    /// The tables that iptables-legacy has in this network namespace.
    private static func legacyTables(isIPv6: Bool) -> [String] {
        let path = "/proc/thread-self/net/ip\(isIPv6 ? "6" : "")_tables_names"
        let text = String(decoding: (try? DurableFile.read(path)) ?? [], as: UTF8.self)
        return text.split(separator: "\n").map(String.init)
    }

    private mutating func readLegacy(_ names: [[String]]) {
        legacy = []
        unreadLegacy = []
        for (isIPv6, tables) in zip([false, true], names) {
            let save = isIPv6 ? "ip6tables-legacy-save" : "iptables-legacy-save"
            for table in tables {
                do {
                    let output = try ChildProcess.run(save, ["-t", table])
                    guard output.exit == .code(0) else {
                        throw EnforcementError.refused(String(output.errors.prefix(200)))
                    }
                    legacy.append(ForeignTable(saved: output.output, table: table, isIPv6: isIPv6))
                } catch {
                    unreadLegacy.append("iptables-legacy \(table) (\(isIPv6 ? "IPv6" : "IPv4")): \(error)")
                }
            }
        }
    }
}
