import Testing

@testable import Sigma

/// Rules of single records.
@Suite struct RuleTests {
    private static let rows = [
        Trial.Row(), Trial.Row(from: "10.0.0.9", port: 443, verdict: "accept", rule: "allow web", bytes: 5000),
        Trial.Row(from: "2001:db8::1", port: 8443, verdict: nil, rule: "Allow Admin"),
        Trial.Row(from: nil, to: "10.0.0.99", port: nil, verdict: "drop", rule: nil, bytes: nil),
    ]

    @Test(
        arguments: [
            ("dst_port: 22", [0]), ("dst_port: [22, 443]", [0, 1]), ("action: DROP", [0, 3]),
            ("action: REJECT", [0, 3]),
            ("src_ip: 10.0.0.9", [1]), ("src_ip|cidr: 10.0.0.0/8", [1]),
            ("src_ip|cidr: ['2001:db8::/32', 203.0.113.0/24]", [0, 2]),
            ("src_ip|startswith: '203.'", [0]), ("dst_ip: '10.0.0.?'", [0, 1, 2]), ("rule|contains: allow", [1, 2]),
            ("rule|contains|cased: allow", [1]), ("rule|endswith: WEB", [1]),
            ("rule|contains|all: [allow, admin]", [2]),
            ("rule|re: '^allow .*$'", [1]), ("rule|re|i: '^allow .*$'", [1, 2]), ("rule: null", [0, 3]),

            ("rule|exists: true", [1, 2]), ("rule|exists: false", [0, 3]), ("dst_port|gt: 400", [1, 2]),
            ("dst_port|lte: 443", [0, 1]),
            ("bytes|gte: 5000", [1]), ("dst_port|neq: 22", [1, 2, 3]), ("dst_port: '*43'", [1, 2]),
            ("src_ip|fieldref: dst_ip", []),
            ("action|fieldref: verdict", [0, 1, 3]), ("timestamp|year: 2026", [0, 1, 2, 3]),
            ("timestamp|month: 5", [0, 1, 2, 3]),
            ("timestamp|day|lt: 28", []), ("timestamp|hour: 20", [0, 1, 2, 3]), ("dst_port: 22, action: accept", []),
            ("verdict: drop, dst_ip|endswith: '.1'", [0]), ("rule: ''", []),
        ] as [(String, [Int])]) func `a search finds what it says`(search: String, records: [Int]) async throws
    {
        #expect(try await Trial.found(search, Self.rows) == records)
    }

    @Test(arguments: [
        ("not s", [1, 2, 3]), ("s or not s", [0, 1, 2, 3]), ("not (s and s)", [1, 2, 3]), ("1 of s*", [0]),
        ("all of them", [0]),
    ])
    func `a condition joins searches`(condition: String, records: [Int]) async throws {
        #expect(try await Trial.found("dst_port: 22", Self.rows, condition: condition) == records)
    }

    @Test func `and binds before or, and underscored searches are not of them`() async throws {
        let text = """
            title: t
            logsource: {category: firewall}
            detection:
              a: {dst_port: 22}
              b: {dst_port: 443}
              _c: {action: nothing}
              condition: b or a and 1 of them
            """
        #expect(try await Trial.run(text, Self.rows).map(\.record) == ["r0", "r1"])
    }

    @Test func `a list of mappings is either of them`() async throws {
        let text = """
            title: t
            logsource: {category: firewall}
            detection:
              s:
                - dst_port: 22
                - rule|contains: admin
              condition: s
            """
        #expect(try await Trial.run(text, Self.rows).map(\.record) == ["r0", "r2"])
    }

    @Test func `a filter is asked beside its rule`() async throws {
        let text = """
            title: t
            id: dropped
            logsource: {category: firewall}
            detection: {s: {action: drop}, condition: s}
            ---
            title: but not that
            logsource: {category: firewall}
            filter:
              rules: [dropped]
              known: {dst_ip: 10.0.0.99}
              condition: not known
            """
        #expect(try await Trial.run(text, Self.rows).map(\.record) == ["r0"])
    }

    @Test(arguments: [
        ("src_pi: 1", "flow records have no field \"src_pi\"; write \"src_ip\""),
        ("src_ip|contians: 1", "\"contians\" is no modifier of Sigma 2.1; write \"contains\""),
        ("src_ip|cidr: 10.0.0.1/8", "is not a prefix"), ("rule|re: '('", "is no regular expression"),
        ("dst_port|gt: many", "is not a whole number"), ("dst_port|re|contains: x", "do not go together"),
        ("rule|expand: '%admins%'", "nothing says what %admins% stands for"),
        ("dst_port: []", "an empty list fits nothing"),
        ("dst_port|cidr: 10.0.0.0/8", "cidr asks for an address"),
    ]) func `what cannot be asked is refused with its line`(search: String, words: String) async throws {
        let refusal = try await Trial.refusal(
            "title: t\nlogsource: {category: firewall}\ndetection:\n  s: {\(search)}\n  condition: s\n")
        #expect(refusal.contains("line 4: detection.s."), "\(refusal)")
        #expect(refusal.contains(words), "\(refusal)")
    }

    @Test(arguments: [
        (
            "title: t\nlogsource: {category: process_creation}\ndetection: {s: {dst_port: 1}, condition: s}",
            "not of the category"
        ),
        (
            "title: t\nlogsource: {category: firewall}\ndetection: {s: {dst_port: 1}, condition: x}",
            "there is no search \"x\""
        ),
        ("title: t\nlogsource: {category: firewall}\ndetection: {s: [evil], condition: s}", "is a keyword"),
        (
            "title: t\nlogsource: {category: firewall}\ndetection: {s: {dst_port: 1}, condition: 's | count() > 3'}",
            "obsolete"
        ),
        ("logsource: {category: firewall}\ndetection: {s: {dst_port: 1}, condition: s}", "\"title\" is missing"),
        ("title: t\nlogsource: {category: firewall}\ndetection: {s: {dst_port: 1}}", "\"condition\" is missing"),
        (
            "title: t\ncorrelation: {type: event_count, rules: [nobody], timespan: 5m, condition: {gte: 1}}",
            "there is no rule \"nobody\""
        ),
        (
            "title: t\ncorrelation: {type: event_sum, rules: [a], timespan: 5m, condition: {gte: 1}}",
            "is no type of correlation"
        ),
    ]) func `rules that would never find anything are refused`(text: String, words: String) async throws {
        let refusal = try await Trial.refusal(text)
        #expect(refusal.contains(words), "\(refusal)")
    }

    @Test func `a second document's fault has its own line`() async throws {
        let text =
            "title: t\nlogsource: {category: firewall}\ndetection: {s: {dst_port: 1}, condition: s}\n---\ntitle: u\nlogsource: {category: firewall}\ndetection: {s: {dst_prot: 1}, condition: s}\n"
        #expect(try await Trial.refusal(text).hasPrefix("line 7: "))
    }

    @Test(
        arguments: [
            ("foo", [.base64], ["Zm9v"]), ("/bin/sh", [.base64offset], ["L2Jpbi9za", "9iaW4vc2", "vYmluL3No"]),
            ("ab", [.wide, .base64], ["YQBiAA=="]),
            ("-x", [.windash], ["-x", "/x", "\u{2013}x", "\u{2014}x", "\u{2015}x"]),
        ] as [(String, [SigmaModifier], [String])]) func `values are encoded as modifiers say`(
            text: String, modifiers: [SigmaModifier], forms: [String]
        )
    {
        #expect(ValueForms.all(text, modifiers).compactMap(\.literal) == forms)
    }
}
