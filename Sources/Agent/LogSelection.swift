import Model

/// Which log resources ask for an event, and which of them have room for it.
///
/// | group | interface | covers |
/// |---|---|---|
/// | – | – | every interface of the log's project: all accepts, every drop |
/// | given | – | interfaces that carry the group: accepts by its rules, every drop |
/// | – | given | the interface: all accepts, every drop |
/// | given | given | the interface while it carries the group: accepts by the group's rules, every drop |
///
/// Each log has a rate of its own, so that one that floods takes nothing from another. What does not fit is counted.
struct LogSelection {
    /// What a log held back since it was last told.
    struct Suppressed {
        let log: LogResource
        let count: UInt64
    }

    private struct Port {
        let project: String
        let groups: Set<Identifier<SecurityGroup>>
    }

    private struct Room {
        /// Unused lines, at most the burst.
        var credit: Double
        var at: Int64
        var suppressed: UInt64 = 0
    }

    /// Others take effect with the next event; what is held back already stays counted.
    var settings: NetworkLogSettings
    /// nil while no control plane governs this host: every event is written, for no log.
    private var logs: [LogResource]?
    private var ports: [Identifier<Interface>: Port] = [:]
    private var ruleGroups: [Identifier<Rule>: Identifier<SecurityGroup>] = [:]
    private var rooms: [String: Room] = [:]

    init(_ settings: NetworkLogSettings) { self.settings = settings }

    /// Whether only what logs ask for is written.
    var isGoverned: Bool { logs != nil }

    /// Takes up a revision's logs; those that stay keep their room.
    mutating func adopt(_ revision: Revision) {
        logs = revision.policy.logs
        rooms = rooms.filter { id, room in room.suppressed > 0 || logs?.contains { $0.id == id } == true }
        (ports, ruleGroups) = ([:], [:])
        for vpc in revision.policy.vpcs {
            let ids = Dictionary(vpc.groups.map { ($0.name, $0.id) }) { first, _ in first }
            for group in vpc.groups { for rule in group.rules { ruleGroups[rule.id] = group.id } }
            for interface in vpc.instances.flatMap(\.interfaces) {
                ports[interface.id] = Port(
                    project: interface.project ?? revision.policy.project,
                    groups: Set(interface.groups.compactMap { ids[$0] }))
            }
        }
    }

    /// The logs that ask for an event, by id, sorted.
    func covering(_ event: SessionEvent) -> [LogResource] {
        guard let logs, let port = ports[event.interface] else { return [] }
        return logs.filter { log in
            guard log.project == port.project, log.event.includes(event.verdict),
                log.interface.map({ $0 == event.interface }) ?? true
            else { return false }
            guard let group = log.group else { return true }
            return port.groups.contains(group) && (event.verdict == .drop || ruleGroups[event.rule] == group)
        }.sorted { $0.id < $1.id }
    }

    /// Those of the logs that have room for one more line; the others count it.
    mutating func admitting(_ logs: [LogResource], at now: Int64) -> [String] {
        guard settings.rateLimit > 0 else { return logs.map(\.id) }
        return logs.compactMap { log in
            var room = rooms[log.id] ?? Room(credit: Double(settings.burstLimit), at: now)
            let earned = Double(max(now - room.at, 0)) * 1e-9 * Double(settings.rateLimit)
            room.credit = min(room.credit + earned, Double(settings.burstLimit))
            room.at = now
            let fits = room.credit >= 1
            if fits { room.credit -= 1 } else { room.suppressed += 1 }
            rooms[log.id] = room
            return fits ? log.id : nil
        }
    }

    /// What the logs held back since the last call.
    mutating func takeSuppressed() -> [Suppressed] {
        var taken: [Suppressed] = []
        for log in logs ?? [] {
            guard let count = rooms[log.id]?.suppressed, count > 0 else { continue }
            rooms[log.id]?.suppressed = 0
            taken.append(Suppressed(log: log, count: count))
        }
        return taken
    }
}
