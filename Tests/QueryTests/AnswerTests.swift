import Archive
import Filter
import Host
import Model
import Records
import TestSupport
import Testing

@testable import Query

struct AnswerTests {
    private static let filters = [
        "src in 10.0.0.0/24", "src = 10.0.0.7", "src = fd00::3", "dst in (10.1.0.1, 10.1.0.5..10.1.0.9)",
        "action = drop",
        "not action = drop", "action != drop", "port = 22", "port != 22", "sport = dport", "sport < dport",
        "bytes > 4KB",
        "bytes >= 18446744073709551615", "bytes_from_target exists", "not src exists", "rule = \"x \\\"y\\\"\"",
        "rule = ingress*", "interface_id in (eni-1, eni-3)", "interface_id = eni-9", "project = \"b/c\"",
        "start > 2026-05-28T22:00:00Z", "end < 2026-05-28T22:00:00Z", "src < 10.0.0.9", "src > 10.0.0.9",
        "src not in (10.0.0.0/25, ::/0)", "id = 000000000000000000000010",
    ]

    static func question(_ random: inout SplitMix64) throws -> FlowQuestion {
        var question = FlowQuestion()
        let context = FilterContext(now: Timestamp(nanoseconds: 0))
        let parts = try (0..<Int(random.next() % 3)).map { _ in
            try FilterExpression(parsing: random.pick(filters), context)
        }
        if !parts.isEmpty { question.filter = random.chance(50) ? .all(parts) : .or(parts) }
        if random.chance(30) { question.since = SampleArchive.start + Int64(random.next() % 6000) * 1_000_000 }
        if random.chance(30) { question.until = SampleArchive.start + Int64(random.next() % 6000) * 1_000_000 }
        return question
    }

    @Test func `records are those that one by one are found`() async throws {
        try await withScratchFolder { path in
            let sample = try SampleArchive(path, rows: 600, seed: 1)
            let answerer = Answerer(sample.folder)
            var random = SplitMix64(seed: 2)
            for _ in 0..<100 {
                var question = try Self.question(&random)
                let sort = random.pick([nil, FlowColumn.initiatorIP, .bytesFromTarget, .rule, .end])
                if let sort { question.sort = [.init(sort, isDescending: random.chance(50))] }
                if random.chance(50) { question.limit = Int(random.next() % 30) }
                question.columns = [.id, .start, .initiatorIP, .bytesFromTarget]
                let answer = try answerer.answer(question)
                var wanted = sample.matching(question).sorted { first, second in
                    for order in question.sort {
                        let (one, other) = (first[order.column] ?? .absent, second[order.column] ?? .absent)
                        guard one != other else { continue }
                        if one == .absent || other == .absent { return other == .absent }
                        return one.isBefore(other) != order.isDescending
                    }
                    let (one, other) = ([first[.start], first[.id]], [second[.start], second[.id]])
                    for (a, b) in zip(one, other) where a != b { return (a ?? .absent).isBefore(b ?? .absent) }
                    return false
                }
                if let limit = question.limit {
                    wanted = Array(question.sort.isEmpty ? wanted.suffix(limit) : wanted.prefix(limit))
                }
                #expect(
                    answer.rows == wanted.map { record in (question.columns ?? []).map { record[$0] ?? .absent } },
                    "\(question)")
                #expect(answer.completeness.records == sample.inRange(question).count)
                let unknown = question.askedFields.map { field in
                    (
                        field.canonicalName,
                        sample.inRange(question).count { record in field.columns.allSatisfy { record[$0] == nil } }
                    )
                }.filter { $0.1 > 0 }
                #expect(answer.completeness.unknown.map(\.field) == unknown.map(\.0))
                #expect(answer.completeness.unknown.map(\.count) == unknown.map(\.1))
                #expect(answer.completeness.isComplete)
            }
        }
    }

    @Test func `groups are sums over those`() async throws {
        try await withScratchFolder { path in
            let sample = try SampleArchive(path, rows: 600, seed: 3)
            let answerer = Answerer(sample.folder)
            var random = SplitMix64(seed: 4)
            for _ in 0..<100 {
                var question = try Self.question(&random)
                question.groups = random.pick([
                    [], [.verdict], [.project, .targetPort], [.initiatorIP], [.rule, .verdict, .interfaceID],
                ])
                question.aggregates = random.pick([
                    [], [.sum(.bytes)], [.distinct(.source), .sum(.column(.bytesFromTarget))],
                    [.percentile(.bytes, perMille: 950), .percentile(.column(.bytesFromTarget), perMille: 0)],
                    [.distinct(.column(.rule)), .percentile(.column(.start), perMille: 500)],
                ])
                question.isCounted = true
                if random.chance(30) { question.step = 600_000_000 }
                let answer = try answerer.answer(question)
                #expect(Set(answer.rows) == Set(Self.grouped(sample.matching(question), question)), "\(question)")
                #expect(Set(answer.rows).count == answer.rows.count)
                // The first aggregate falls, unless time goes first.
                if question.step == nil {
                    let measure = answer.rows.map { $0[question.groups.count + (question.aggregates.isEmpty ? 0 : 1)] }
                    #expect(
                        zip(measure, measure.dropFirst()).allSatisfy {
                            !($0 == .absent ? $1 != .absent : $0.isBefore($1) && $1 != .absent)
                        })
                }
                question.top = 3
                if question.step == nil { #expect(try answerer.answer(question).rows == Array(answer.rows.prefix(3))) }
            }
        }
    }

    private static func grouped(_ records: [[FlowColumn: AnswerValue]], _ question: FlowQuestion) -> [[AnswerValue]] {
        var groups: [[AnswerValue]: [[FlowColumn: AnswerValue]]] = [:]
        for record in records {
            var key = question.groups.map { record[$0] ?? .absent }
            if let step = question.step, case .instant(let start)? = record[.start] {
                key.insert(.instant(start / step * step), at: 0)
            }
            groups[key, default: []].append(record)
        }
        if question.groups.isEmpty, question.step == nil, groups.isEmpty { groups[[]] = [] }
        return groups.map { key, records in
            key + [.number(UInt128(records.count))]
                + question.aggregates.map { aggregate in
                    let values = records.compactMap { value($0, aggregate.field) }
                    switch aggregate {
                    case .sum:
                        return values.isEmpty
                            ? .absent
                            : .number(values.reduce(0) { if case .number(let number) = $1 { $0 + number } else { $0 } })
                    case .distinct: return .number(UInt128(Set(values).count))
                    case .percentile(_, let perMille):
                        guard !values.isEmpty else { return .absent }
                        let sorted = values.sorted { $0.isBefore($1) }
                        let rank = (Double(perMille) / 1000 * Double(sorted.count)).rounded(.up)
                        return sorted[max(1, Int(rank)) - 1]
                    }
                }
        }
    }

    private static func value(_ record: [FlowColumn: AnswerValue], _ field: FilterField) -> AnswerValue? {
        let values = field.columns.compactMap { record[$0] }
        guard field == .bytes, !values.isEmpty else { return values.first }
        return .number(values.reduce(0) { if case .number(let number) = $1 { $0 + number } else { $0 } })
    }

    @Test func `a broken page leaves its file out and says so`() async throws {
        try await withScratchFolder { path in
            let sample = try SampleArchive(path, rows: 300, seed: 5, parts: 1)
            let place = try #require(try sample.folder.folders().first)
            let name = try #require(try DurableFile.list("\(path)/\(place)").first)
            var content = try bytes("\(path)/\(place)/\(name)")
            for index in 30..<150 { content[index] ^= 0x55 }
            try write(content, to: "\(path)/\(place)/\(name)")
            var question = FlowQuestion()
            question.isCounted = true
            question.aggregates = [.sum(.bytes), .distinct(.column(.id)), .distinct(.source)]
            let answer = try Answerer(sample.folder).answer(question)
            #expect(answer.completeness.unreadable.map(\.file) == ["\(place)/\(name)"])
            #expect(!answer.completeness.isComplete)
            guard case .number(let count) = answer.rows[0][0] else { return }
            #expect(count < 300)
        }
    }

    @Test func `loss is narrowed by time and interface alone`() async throws {
        try await withScratchFolder { path in
            let sample = try SampleArchive(path, rows: 30, seed: 6)
            var loss = Statement(id: "1", kind: .loss, host: "aws", start: 1000, end: 2000, reason: "SKIPDATA")
            loss.interface = "eni-1"
            try StatementLog(sample.folder).append([loss])
            func losses(_ filter: String, since: Int64? = nil, until: Int64? = nil) throws -> Int {
                var question = FlowQuestion()
                question.filter = try FilterExpression(parsing: filter, FilterContext(now: Timestamp(nanoseconds: 0)))
                (question.since, question.until) = (since, until)
                return try Answerer(sample.folder).answer(question).completeness.loss.count
            }
            #expect(try losses("action = drop") == 1)
            #expect(try losses("interface_id = eni-1") == 1)
            #expect(try losses("interface_id = eni-2") == 0)
            #expect(try losses("interface_id = eni-2 or action = drop") == 1)
            #expect(try losses("action = drop and interface_id in (eni-2, eni-3)") == 0)
            #expect(try losses("action = drop", since: 2001) == 0)
            #expect(try losses("action = drop", since: 2000) == 1)
            #expect(try losses("action = drop", until: 1000) == 0)
        }
    }

    @Test func `an interrupted answer says so`() async throws {
        try await withScratchFolder { path in
            let sample = try SampleArchive(path, rows: 30, seed: 7)
            let answer = try Answerer(sample.folder).answer(FlowQuestion()) { true }
            #expect(answer.completeness.isInterrupted)
            #expect(!answer.completeness.isComplete)
        }
    }
}
