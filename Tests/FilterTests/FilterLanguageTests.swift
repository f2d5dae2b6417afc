import Model
import Records
import Testing

@testable import Filter

struct FilterLanguageTests {
    /// 2026-11-03, noon in UTC; the clock on the wall is an hour ahead.
    private let context = FilterContext(now: Timestamp(seconds: 1_793_707_200), offset: 3600)

    private func holds(_ text: String, _ record: [FlowColumn: FlowCell]) throws -> Bool {
        try FilterExpression(parsing: text, context).holds { record[$0] ?? .absent }
    }

    private let record: [FlowColumn: FlowCell] = [
        .initiatorIP: .address(IPAddress(ipv4: 0x0a01_0004)), .targetIP: .address(IPAddress(ipv4: 0x0a02_0005)),
        .initiatorPort: .number(40_000), .targetPort: .number(443), .transport: .text("tcp"), .verdict: .text("drop"),
        .bytesFromInitiator: .number(900_000), .bytesFromTarget: .number(200_000), .direction: .text("egress"),
        .instance: .text("web-1"), .interface: .text("eth0"), .peer: .text("db-1/eth0"), .group: .text("web"),
        .interfaceID: .text("eni-1"), .ruleID: .text("9f00aa11-0000"), .rule: .text("ingress tcp/22 from any"),
        .start: .instant(Timestamp(seconds: 1_793_707_200 - 600)),
    ]

    @Test(arguments: [
        "src in 10.1.0.0/16 and action = drop and port in (22, 443) and bytes > 1MB and not rule = \"x\"",
        "src=10.1.0.4", "dst = 10.2.0.5", "src = 10.0.0.0..10.1.255.255", "port=443", "port = 440..445", "sport != 443",
        "proto = TCP", "proto = 6", "action=DROP", "bytes = 1100000", "bytes >= 1.1", "interface = web-1/eth0",
        "interface=eni-1", "interface = web-1", "group = we*", "rule = 9f00", "rule=9F00AA", "rule = ingress*",
        "src = web-1", "dst = db-1", "dst = db-1/eth0", "src = web-1/eth0", "not dst = web-1", "start > 15m",
        "start < 13:00", "start >= 12:49:59", "start = 2026-11-03T11:50:00Z", "icmp_type != 3 or not icmp_type exists",
        "not icmp_type != 3", "sport != dport", "sport > dport", "instance = \"web-1\"", "interface in (a, eth0)",
        "instance not in (a, b*)", "port != 22", "not port = 22", "NOT port = 22 AND action = drop",
        "packets > 1 or (port = 443 and dst exists)", "bytes < 2MiB", "dst not in (10.1.0.0/16, ::/0)",
    ]) func `holds`(text: String) throws {
        if text.contains("1.1") {
            #expect(throws: FilterError.self) { try holds(text, record) }
        } else {
            #expect(try holds(text, record))
        }
    }

    @Test(arguments: [
        "src = 10.1.0.5", "port = 22", "icmp_type != 3", "icmp_type not in (1)", "packets > 0", "port != 443",
        "interface = web", "instance = WEB-1", "group = web-1", "rule = 9f", "src = db-1", "start > 5m",
        "sport = dport",
        "dst in ::/0", "src exists and icmp_type exists", "dst != 10.2.0.5",
    ]) func `does not hold`(text: String) throws { #expect(try !holds(text, record)) }

    private struct Mistake: CustomStringConvertible, Sendable {
        let text: String
        let position: Int
        let word: String
        var description: String { text }
    }

    private static let mistakes = [
        Mistake(text: "scr = 10.0.0.1", position: 0, word: "did you mean src?"),
        Mistake(text: "action = dropp", position: 9, word: "did you mean drop?"),
        Mistake(text: "src = 10.1.0.4/16", position: 6, word: "did you mean 10.1.0.0/16?"),
        Mistake(text: "port = 70000", position: 7, word: "at most 65535"),
        Mistake(text: "port = 22 and", position: 13, word: "a field is wanted"),
        Mistake(text: "port = 22 dst = 10.0.0.1", position: 10, word: "\"and\", \"or\""),
        Mistake(text: "(port = 22", position: 10, word: "closing parenthesis"),
        Mistake(text: "port = 30..20", position: 7, word: "range"),
        Mistake(text: "src < 10.0.0.0/8", position: 6, word: "one value"),
        Mistake(text: "bytes > 1 XB", position: 10, word: "\"and\", \"or\""),
        Mistake(text: "bytes > 1XB", position: 8, word: "no number"),
        Mistake(text: "bytes > -1", position: 8, word: "no number"),
        Mistake(text: "group = \"web", position: 8, word: "no closing"),
        Mistake(text: "sport = start", position: 8, word: "cannot be compared"),
        Mistake(text: "start > noon", position: 8, word: "no time"),
        Mistake(text: "src = 10.0.0", position: 6, word: "no address"),
        Mistake(text: "", position: 0, word: "a field is wanted"),
        Mistake(text: "port ! 22", position: 5, word: "!="),
    ]

    @Test(arguments: mistakes) private func `errors point at the character`(_ mistake: Mistake) throws {
        do throws(FilterError) {
            _ = try FilterExpression(parsing: mistake.text, context)
            Issue.record("it was read")
        } catch {
            #expect(error.position == mistake.position)
            #expect(error.reason.contains(mistake.word), "\(error.reason)")
            #expect("\(error)".hasPrefix("\(mistake.text)\n" + String(repeating: " ", count: mistake.position) + "^\n"))
        }
    }

    private func read(_ arguments: [String]) throws -> String {
        try FilterExpression(arguments: arguments, context).description
    }

    @Test func `arguments must all hold`() throws {
        #expect(try read(["port=22", "action=drop"]) == "port = 22 and verdict = \"drop\"")
        #expect(try read(["src", "=", "10.0.0.1", "and", "port", "=", "22"]) == "src = 10.0.0.1 and port = 22")
        #expect(try read(["port=22 or port=23", "action=drop"]) == "(port = 22 or port = 23) and verdict = \"drop\"")
        #expect(try read(["action=drop", "port", "=", "22"]) == "verdict = \"drop\" and port = 22")
        #expect(try read(["interface=web 1"]) == "interface = \"web 1\"")
        #expect(try read([]) == "")
        #expect(throws: FilterError.self) { try read(["port", "="]) }
    }
}
