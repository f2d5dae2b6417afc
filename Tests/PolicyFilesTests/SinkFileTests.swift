import Model
import Testing

@testable import Documents
@testable import PolicyFiles

/// `sinks:` of the policy file.
@Suite struct SinkFileTests {
    private static func load(_ sinks: String) throws -> [Sink] {
        try PolicyFile.load("project: shop\nvpcs: []\nsinks:\n  - \(sinks)\n", name: "shop.yaml").sinks ?? []
    }

    private static func faults(_ sinks: String) -> [String] {
        do {
            _ = try load(sinks)
            return []
        } catch let error as DocumentError {
            return error.problems.map { "\($0.path): \($0.message); \($0.mend)" }
        } catch {
            return ["\(error)"]
        }
    }

    @Test func `the contract's sink is read`() throws {
        let sinks = try Self.load(
            #"{name: siem, kind: syslog, url: "relp://10.0.0.9:2514", send: [events, audit], where: "action = drop", format: cef}"#
        )
        let sink = try #require(sinks.first)
        #expect(sink.description == "syslog to relp://10.0.0.9:2514 of events, audit, format cef, where action = drop")
        #expect(sink.address.host == "10.0.0.9" && sink.address.port == 2514)
    }

    @Test func `what goes without saying is the kind's`() throws {
        #expect(
            try Self.load("{name: s, kind: syslog, url: \"udp://[fd00::9]\", send: [events]}")[0].format == .rfc5424)
        #expect(
            try Self.load("{name: s, kind: elasticsearch, url: \"https://h:9200\", send: [flows]}")[0].format == .ecs)
        #expect(try Self.load("{name: s, kind: otlp, url: \"http://h:4318\", send: [flows]}")[0].format == nil)
        #expect(
            try Self.load("{name: s, kind: file, url: \"file:out.jsonl\", send: [findings]}")[0].address.path
                == "out.jsonl")
        #expect(try Self.load("{name: s, kind: stdout, url: \"stdout:\", send: [audit]}")[0].sources == [.audit])
    }

    @Test(arguments: [
        ("kind: sylog", "sinks[0].kind: kind \"sylog\" is none of syslog, file"),
        ("url: \"rlp://10.0.0.9\"", "sinks[0].url: scheme \"rlp\" is none of kind syslog; write relp"),
        ("url: \"relp://user:pw@10.0.0.9\"", "sinks[0].url: url holds a user or password"),
        ("url: \"relp://10.0.0.9:99999\"", "sinks[0].url: \"10.0.0.9:99999\" is no HOST:PORT"),
        ("url: \"relp:10.0.0.9\"", "sinks[0].url: url \"relp:10.0.0.9\" has no // before its host"),
        ("send: []", "sinks[0].send: the list is empty; write [events]"),
        (
            "send: [event]",
            "sinks[0].send[0]: source \"event\" is none of events, flows, audit, findings; write \"events\""
        ),
        ("send: [events, events]", "sinks[0].send[1]: source \"events\" stands twice"),
        ("where: \"acton = drop\"", "sinks[0].where: \"acton = drop\" is no filter: at character 1: there is no field"),
        ("format: xml", "sinks[0].format: format \"xml\" is none of rfc5424, cef, leef, json, ecs, ocsf"),
        ("rate: 0", "sinks[0].rate: rate \"0\" is not 1 to 1000000 records a second"),
        ("framing: line", "sinks[0].framing: framing \"line\" is none of octets, lines; write \"lines\""),
        (
            "secret_file: /a",
            "sinks[0].secret_file: kind syslog has no secret_file; leave it out; it has ca_file, framing"
        ),
        ("ca_file: ca.pem", "sinks[0].ca_file: \"ca.pem\" is no absolute path"),
        ("nonsense: 1", "sinks[0]: unknown key \"nonsense\""),
    ])
    func `a fault names field, value and mend`(_ field: String, _ wanted: String) {
        let key = field.prefix { $0 != ":" }
        let usual = [
            ("kind", "kind: syslog"), ("url", "url: \"relp://10.0.0.9\""), ("send", "send: [events]"),
        ].filter { $0.0 != key }.map(\.1)
        let faults = Self.faults("{name: siem, \((usual + [field]).joined(separator: ", "))}")
        #expect(faults.count == 1)
        #expect(faults.first?.hasPrefix(wanted) == true, "\(faults)")
    }

    @Test func `what a kind cannot do without is asked for`() {
        #expect(
            Self.faults("{name: s, kind: cls, url: \"https://h\", send: [events]}").map { $0.prefix(55) } == [
                "sinks[0]: key \"secret_file\" is missing; kind cls needs ",
                "sinks[0]: key \"topic\" is missing; kind cls needs it: wr",
            ])
        #expect(Self.faults("{name: s, kind: webhook, url: \"https://h\", send: [audit], token_file: /t}").isEmpty)
        #expect(
            Self.faults("{name: s, kind: webhook, url: \"https://h\", send: [audit], token_file: /t, secret_file: /s}")
                .count
                == 1)
    }

    @Test func `a name stands once`() {
        let sink = "{name: s, kind: stdout, url: \"stdout:\", send: [audit]}"
        #expect(
            Self.faults("\(sink)\n  - \(sink)") == [
                "sinks[1].name: sink \"s\" is defined twice, first at line 4; rename one of them"
            ])
    }

    @Test(arguments: SinkKind.allCases)
    func `each kind's example is a url of it`(_ kind: SinkKind) throws {
        let address = try SinkAddress(kind.example, of: kind)
        #expect(address.description == kind.example)
    }
}
