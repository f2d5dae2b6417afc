import Model
import Testing

@testable import Records

@Suite struct RecordFilterTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    private func entry() throws -> EventEntry? {
        var encoder = EventJSON(host: "host-1", catalogue: shop.catalogue)
        var event = shop.event()
        event.key = shop.record().key
        var line = ByteLine()
        encoder.append(event, to: &line)
        guard case .event(let entry) = try EventLogLine(reading: line.text) else { return nil }
        return entry
    }

    @Test(arguments: [
        (["src=10.1.1.20"], true), (["src=10.1.1.0/24"], true), (["src=10.1.1.10"], false), (["dst=10.1.1.10"], true),
        (["port=443"], true), (["port=47825"], true), (["port=80"], false), (["sport=443"], false),
        (["dport=443"], true), (["proto=tcp"], true), (["proto=6"], true), (["proto=udp"], false),
        (["action=accept"], true), (["action=DROP"], false), (["interface=web-1"], true),
        (["interface=web-1/eth0"], true), (["interface=db-1"], false), (["group=web"], true), (["group=db"], false),
        (["rule=0000"], false), ([], true), (["port=443", "src=10.1.1.20"], true), (["port=443", "dst=::/0"], false),
    ])
    func `flows and events are narrowed alike`(terms: [String], isWanted: Bool) throws {
        let filter = try RecordFilter(parsing: terms)
        #expect(filter.matches(shop.record(), catalogue: shop.catalogue) == isWanted)
        let entry = try #require(try entry())
        #expect(filter.matches(entry) == isWanted)
    }

    @Test func `ids find what they name`() throws {
        let terms = [
            "interface=\(shop.web.interface)", "group=\(shop.group.id)", "rule=\(shop.https.id)",
            "rule=\(shop.https.id.short.uppercased())", "rule=\(shop.https.id.description.prefix(4))",
        ]
        let filter = try RecordFilter(parsing: terms)
        let entry = try #require(try entry())
        #expect(filter.matches(shop.record(), catalogue: shop.catalogue))
        #expect(filter.matches(entry))
    }

    @Test func `what a flood does not know matches no term`() throws {
        var record = shop.record(state: .refused)
        record.detail = .coarse
        record.key = record.key.with(initiatorPort: nil, targetPort: 443)
        #expect(try !RecordFilter(parsing: ["sport=47825"]).matches(record, catalogue: shop.catalogue))
        #expect(try RecordFilter(parsing: ["dport=443"]).matches(record, catalogue: shop.catalogue))
        record.detail = .total
        #expect(try !RecordFilter(parsing: ["src=0.0.0.0/0"]).matches(record, catalogue: shop.catalogue))
        #expect(try RecordFilter(parsing: ["group=web"]).matches(record, catalogue: shop.catalogue))
    }

    @Test func `a flow is in a time range that any of its packets can be in`() {
        let record = shop.record()
        func matches(_ since: Timestamp?, _ until: Timestamp?) -> Bool {
            RecordFilter(since: since, until: until).matches(record, catalogue: shop.catalogue)
        }
        #expect(matches(record.end, nil))
        #expect(!matches(record.end.advanced(by: .nanoseconds(1)), nil))
        #expect(matches(nil, record.start.advanced(by: .nanoseconds(1))))
        #expect(!matches(nil, record.start))
    }

    @Test func `an event is in a time range that holds its instant`() throws {
        let entry = try #require(try entry())
        #expect(RecordFilter(since: entry.time).matches(entry))
        #expect(!RecordFilter(until: entry.time).matches(entry))
    }

    @Test(arguments: [
        ("port=http", #"filter port="http": not a port: use a number 0-65535"#),
        ("port=65536", #"filter port="65536": not a port: use a number 0-65535"#),
        (
            "src=10.0.0.1/8",
            #"filter src="10.0.0.1/8": bits are set beyond the prefix length: did you mean 10.0.0.0/8?"#
        ),
        ("dst=10.0.0.0/33", #"filter dst="10.0.0.0/33": the prefix length can be at most 32"#),
        ("dst=host", #"filter dst="host": not an address: use one as 10.1.0.4, or a prefix as 10.1.0.0/16"#),
        ("proto=tcpp", #"filter proto="tcpp": not a protocol: use a name as tcp, udp, icmp or a number 0-255"#),
        ("action=deny", #"filter action="deny": not a verdict: use accept, drop or observe"#),
        ("rule=abc", #"filter rule="abc": not a rule id: use the id, or at least its first four characters"#),
        ("group=", #"filter group="": a value must follow the ="#),
        (
            "sprt=1",
            #"filter sprt="1": no such term: use one of "#
                + "src, dst, port, sport, dport, proto, action, interface, group, rule"
        ),
        (
            "tcp",
            #"filter "tcp": write TERM=VALUE with one of "#
                + "src, dst, port, sport, dport, proto, action, interface, group, rule"
        ),
    ])
    func `a wrong term says what would be right`(term: String, message: String) {
        let error = #expect(throws: RecordFilter.ParseError.self) { try RecordFilter(parsing: [term]) }
        #expect(error?.description == message)
    }
}
