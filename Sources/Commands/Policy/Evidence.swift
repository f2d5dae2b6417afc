import ArgumentParser
import Host
import Link
import Model
import Records
import Terminal

struct Evidence: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "What each observe rule has met so far: what it would cut as a block.",
        discussion: """
            Sessions, peers and days are those that the event log still holds. A peer that was first met on the last day is told:
            what observes is not done while new ones come.

            Example: gatehouse policy evidence --since 30d
            """)

    @OptionGroup var range: RangeOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        if range.follow { throw ValidationError("--follow: evidence is of what was; ask again") }
    }

    func run() throws {
        let folder = try data.existingFolder()
        let revision = try RevisionChoice.latest.load(RevisionStore(folder))
        let (since, until) = try range.times()
        var found: [Identifier<Rule>: RuleEvidence] = [:]
        let rules = (revision.policy.enterprise ?? []).filter { $0.action == .observe }
        for rule in rules { found[rule.id] = RuleEvidence(rule: rule) }
        var tail = try FileTail(folder.eventsJSON, from: .beginning)
        var unreadable = UnreadableLines()
        try tail.forEachLine {
            unreadable.read($0, RecordFilter(since: since, until: until)) { line in
                guard case .event(let entry) = line.content, entry.isObservation else { return }
                found[entry.ruleID]?.add(entry)
            }
        }
        var writer = ListingWriter(EvidenceListing(time: LocalTime(now: .now)), output.format)
        for rule in rules { if let evidence = found[rule.id] { writer.add(evidence) } }
        writer.finish()
        if let words = unreadable.words { Console.tell("\(folder.eventsJSON): \(words)") }
    }
}

/// What one observe rule has met.
struct RuleEvidence {
    let rule: EnterpriseRule
    private(set) var sessions = 0
    /// The other end of each session, with when it was met first.
    private var peers: [IPAddress: Timestamp] = [:]
    private var days: Set<Int64> = []
    /// Sessions by the day of the week, Monday first, in UTC.
    private(set) var week = [Int](repeating: 0, count: 7)
    private(set) var first: Timestamp?
    private(set) var last: Timestamp?
    /// The bounds of what is kept of peers: beyond, only their number is not exact any more.
    private static let maximumPeers = 1 << 20

    init(rule: EnterpriseRule) { self.rule = rule }

    mutating func add(_ entry: EventEntry) {
        sessions += 1
        let peer = entry.direction == .ingress ? entry.source : entry.target
        if let known = peers[peer] {
            peers[peer] = min(known, entry.time)
        } else if peers.count < Self.maximumPeers {
            peers[peer] = entry.time
        }
        let day = entry.time.nanoseconds / 86_400_000_000_000
        days.insert(day)
        // 1970 began on a Thursday.
        week[Int((day + 3) % 7)] += 1
        first = min(first ?? entry.time, entry.time)
        last = max(last ?? entry.time, entry.time)
    }

    var peerCount: Int { peers.count }
    var dayCount: Int { days.count }

    /// The peer that was met first of all lately, and when that was.
    var newest: (peer: IPAddress, since: Timestamp)? {
        peers.max { ($0.value, $0.key) < ($1.value, $1.key) }.map { ($0.key, $0.value) }
    }

    /// `mon 3, tue 1`; days without sessions are left out.
    var weekText: String {
        zip(WeeklyHours.dayNames, week).filter { $0.1 > 0 }.map { "\($0) \($1)" }.joined(separator: ", ")
    }
}

struct EvidenceListing: Listing {
    let time: LocalTime

    let columns = [
        TableColumn("RULE"), TableColumn("SESSIONS", isNumber: true), TableColumn("PEERS", isNumber: true),
        TableColumn("DAYS", isNumber: true), TableColumn("WEEK"), TableColumn("LAST HIT"), TableColumn("NEWEST PEER"),
        TableColumn("SINCE"),
    ]

    func cells(_ row: RuleEvidence) -> [String] {
        [
            row.rule.name, "\(row.sessions)", "\(row.peerCount)", "\(row.dayCount)", row.weekText,
            row.last.map { time.text($0, fractionDigits: 0) } ?? "", row.newest.map { "\($0.peer)" } ?? "",
            row.newest.map { time.text($0.since, fractionDigits: 0) } ?? "",
        ]
    }

    let keys = [
        "name", "rule_id", "sessions", "peers", "days", "week", "first_hit", "last_hit", "newest_peer",
        "newest_peer_since",
    ]

    func fields(_ row: RuleEvidence) -> [Field] {
        [
            Field("name", .text(row.rule.name)), Field("rule_id", .text(row.rule.id.description)),
            Field("sessions", .number(row.sessions)), Field("peers", .number(row.peerCount)),
            Field("days", .number(row.dayCount)), Field("week", .text(row.weekText)),
            Field("first_hit", .instant(row.first)), Field("last_hit", .instant(row.last)),
            Field("newest_peer", .text(row.newest.map { "\($0.peer)" })),
            Field("newest_peer_since", .instant(row.newest?.since)),
        ]
    }
}
