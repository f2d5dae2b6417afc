import Host
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
    private var ofTables: [ForeignDrop] = []
    private var ofLegacy: [ForeignDrop] = []
    private var unread: [String] = []
    private var translatingTables = false
    private var translatingLegacy = false

    package init(program: NftProgram, socket: NetfilterSocket) {
        self.program = program
        numbers = RuleTable(.gatehouse, socket: socket)
    }

    /// What may drop behind us, as of the last look.
    package var drops: [ForeignDrop] { ofTables + ofLegacy }

    /// What could not be read, and why: what it drops is not known.
    package var unreadable: [String] { unread }

    /// Whether another table may translate addresses; also where one could not be read.
    package var mayTranslate: Bool { translatingTables || translatingLegacy || !unread.isEmpty }

    /// Looks, where it is time to.
    package mutating func look() throws {
        let now = SystemClock.monotonic
        guard now >= next else { return }
        if now >= nextLegacy {
            let names = [false, true].map(Self.legacyTables)
            translatingLegacy = names.contains { $0.contains("nat") }
            if names.contains(where: { !$0.isEmpty }) || !ofLegacy.isEmpty {
                readLegacy(names)
                nextLegacy = SystemClock.monotonic + 10_000_000_000
            }
        }
        let found = try numbers.rulesetNumber()
        guard found != number else { return }
        try readTables()
        number = found
        let end = SystemClock.monotonic
        next = end + 50 * (end - now)
    }

    private mutating func readTables() throws {
        ofTables = []
        translatingTables = false
        unread.removeAll { $0.hasPrefix("table ") }
        for (family, table) in try program.tables() where family != "arp" {
            guard (family, table) != (TableName.gatehouse.family.word, TableName.gatehouse.name) else { continue }
            do {
                guard let text = try program.listForeign(family, table) else { continue }
                let found = ForeignTable(listing: text, family: family, table: table)
                ofTables += found.drops
                if found.translates { translatingTables = true }
            } catch {
                unread.append("table \(family) \(table): \(error)")
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
        ofLegacy = []
        unread.removeAll { $0.hasPrefix("iptables-legacy ") }
        for (isIPv6, tables) in zip([false, true], names) {
            let save = isIPv6 ? "ip6tables-legacy-save" : "iptables-legacy-save"
            for table in tables {
                do {
                    let output = try ChildProcess.run(save, ["-t", table])
                    guard output.exit == .code(0) else {
                        throw EnforcementError.refused(String(output.errors.prefix(200)))
                    }
                    ofLegacy += ForeignTable(saved: output.output, table: table, isIPv6: isIPv6).drops
                } catch {
                    unread.append("iptables-legacy \(table) (\(isIPv6 ? "IPv6" : "IPv4")): \(error)")
                }
            }
        }
    }
}
