import Testing

@testable import Sigma

/// Rules about what other rules found.
@Suite struct CorrelationTests {
    private static let base = """
        title: dropped
        name: dropped
        logsource: {category: firewall}
        detection: {s: {action: drop}, condition: s}
        ---
        title: accepted
        name: accepted
        logsource: {category: firewall}
        detection: {s: {action: accept}, condition: s}
        ---
        title: joined
        id: joined
        correlation: {group-by: [src_ip], timespan: 5m, 
        """

    private static func run(_ correlation: String, _ rows: [Trial.Row]) async throws -> [SigmaMatch] {
        try await Trial.run("\(base)\(correlation)}\n", rows).filter { $0.ruleID == "joined" }
    }

    private static func knocks(_ seconds: [Double], port: (Int) -> UInt64 = { UInt64($0) }) -> [Trial.Row] {
        seconds.enumerated().map { Trial.Row(second: $1, port: port($0), bytes: UInt64($0 + 1) * 10) }
    }

    @Test func `events are counted in windows that slide`() async throws {
        // Astride any five minutes of the clock.
        let matches = try await Self.run(
            "type: event_count, rules: [dropped], condition: {gte: 5}", Self.knocks([250, 280, 310, 340, 370, 400]))
        #expect(matches.map(\.record) == ["r4"])
        #expect(matches.first?.evidence == ["r0", "r1", "r2", "r3", "r4"])
        #expect(matches.first?.group.first?.value == "203.0.113.5")
        #expect(
            try await Self.run(
                "type: event_count, rules: [dropped], condition: {gte: 5}", Self.knocks([0, 200, 400, 600, 800, 1000])
            ).isEmpty)
    }

    @Test func `sources are counted apart`() async throws {
        var rows = Self.knocks([0, 1, 2, 3])
        rows[3].from = "203.0.113.6"
        #expect(try await Self.run("type: event_count, rules: [dropped], condition: {gte: 4}", rows).isEmpty)
    }

    @Test(arguments: [
        ("type: value_count, condition: {gte: 3, field: dst_port}", "r2"),
        ("type: value_sum, condition: {gt: 50, field: bytes}", "r2"),
        ("type: value_avg, condition: {gte: 20, field: bytes}", "r2"),
        ("type: value_median, condition: {gt: 20, field: bytes}", "r3"),
        ("type: value_percentile, condition: {gt: 30, field: bytes, percentile: 90}", "r3"),
    ]) func `values of a field are reckoned`(correlation: String, record: String) async throws {
        let matches = try await Self.run("\(correlation), rules: [dropped]", Self.knocks([0, 1, 2, 3]))
        #expect(matches.map(\.record) == [record])
    }

    private static func mixed(_ verdicts: [String]) -> [Trial.Row] {
        verdicts.enumerated().map { Trial.Row(second: Double($0), verdict: $1) }
    }

    @Test func `all rules within the span`() async throws {
        let rule = "type: temporal, rules: [accepted, dropped]"
        #expect(try await Self.run(rule, Self.mixed(["drop", "drop", "accept"])).map(\.record) == ["r2"])
        #expect(try await Self.run(rule, Self.mixed(["drop", "drop"])).isEmpty)
    }

    @Test func `all rules one after the other`() async throws {
        let rule = "type: temporal_ordered, rules: [dropped, accepted]"
        #expect(try await Self.run(rule, Self.mixed(["accept", "drop"])).isEmpty)
        #expect(try await Self.run(rule, Self.mixed(["drop", "accept"])).map(\.record) == ["r1"])
    }

    @Test func `either rule of a boolean condition`() async throws {
        let rule = "type: temporal, rules: [dropped, accepted], condition: dropped or accepted"
        #expect(try await Self.run(rule, Self.mixed(["accept"])).map(\.record) == ["r0"])
    }

    @Test func `what is correlated is told by itself where it is asked`() async throws {
        let text = "\(Self.base)type: event_count, rules: [dropped], condition: {gte: 2}, generate: true}\n"
        let matches = try await Trial.run(text, Self.knocks([0, 1]))
        #expect(matches.map(\.ruleID) == ["dropped", "dropped", "joined"])
    }

    @Test func `a correlation of correlations`() async throws {
        let text = """
            \(Self.base)type: event_count, rules: [dropped], condition: {gte: 2}}
            name: bursts
            ---
            title: two bursts
            id: twice
            correlation: {type: event_count, rules: [bursts], group-by: [src_ip], timespan: 1h, condition: {gte: 2}}
            """
        let matches = try await Trial.run(text, Self.knocks([0, 1, 1000, 1001]))
        #expect(matches.map(\.ruleID) == ["twice"])
    }

    @Test func `groups by aliases`() async throws {
        let text = """
            \(Self.base)type: temporal, rules: [dropped, accepted], timespan: 5m}
            """
            .replacing(
                "group-by: [src_ip], timespan: 5m,",
                with: "group-by: [who], aliases: {who: {dropped: src_ip, accepted: dst_ip}},")
        let rows = [
            Trial.Row(second: 0, from: "10.0.0.7", verdict: "drop"),
            Trial.Row(second: 1, from: "10.0.0.8", to: "10.0.0.7", verdict: "accept"),
        ]
        #expect(try await Trial.run(text, rows).map(\.record) == ["r1"])
    }
}
