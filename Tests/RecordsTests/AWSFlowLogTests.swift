import Model
import TestSupport
import Testing

@testable import Records

@Suite struct AWSFlowLogTests {
    private let shop: Shop
    private let start = Timestamp(seconds: 1_793_700_900)
    private var end: Timestamp { start.advanced(by: .seconds(60)) }

    init() throws { shop = try Shop() }

    private func text(
        _ records: [FlowRecord], columns: [String] = AWSField.defaultNames, hasLoss: Bool = false
    ) -> String {
        let collector = Collector(
            id: Identifier(derivedFrom: "collector", "c"), name: "c", target: .vpc("shop"), bucket: "file:logs",
            format: .aws(columns: columns))
        var line = ByteLine()
        AWSFlowLog(columns: columns, collector: collector, placement: shop.web, region: "lab")
            .append(records, start: start, end: end, hasLoss: hasLoss, to: &line)
        return line.text
    }

    private func parse(_ text: String) throws -> [[String: String]] {
        let lines = text.split(separator: "\n")
        let parser = AWSLineParser(heading: try #require(lines.first))
        return try lines.dropFirst().map { try parser.parse($0) }
    }

    private func record(
        _ transport: TransportProtocol, from initiator: IPAddress, to target: IPAddress,
        _ direction: Direction = .egress
    ) -> FlowRecord {
        var record = shop.record()
        record.key = FlowKey(
            initiator: initiator, target: target, transport: transport, initiatorPort: 8, targetPort: 0)
        record.direction = direction
        return record
    }

    @Test func `the default format is AWS's own, a line each way`() {
        let interface = shop.web.interface
        #expect(
            text([shop.record()]) == """
                version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
                2 demo \(interface) 10.1.1.20 10.1.1.10 47825 443 6 14 2210 1793700907 1793700910 ACCEPT OK
                2 demo \(interface) 10.1.1.10 10.1.1.20 443 47825 6 19 18832 1793700907 1793700910 ACCEPT OK

                """)
    }

    @Test func `silence is one line`() {
        #expect(text([]).hasSuffix("\n2 demo \(shop.web.interface) - - - - - - - 1793700900 1793700960 - NODATA\n"))
    }

    @Test func `a refusal has one side`() throws {
        var record = shop.record(state: .refused)
        record.verdict = .drop
        record.fromTarget = .zero
        let lines = try parse(text([record]))
        #expect(lines.map { $0["action"] } == ["REJECT"])
    }

    @Test func `loss is one line beside what was seen`() throws {
        #expect(try parse(text([shop.record()], hasLoss: true)).map { $0["log-status"] } == ["OK", "OK", "SKIPDATA"])
        #expect(try parse(text([], hasLoss: true)).map { $0["log-status"] } == ["SKIPDATA"])
    }

    @Test func `a flood without addresses is said to be missing`() throws {
        var record = shop.record(state: .refused)
        record.detail = .total
        #expect(try parse(text([record])).map { $0["log-status"] } == ["SKIPDATA"])
    }

    @Test func `version is the highest of the chosen fields`() throws {
        let fields = ["version", "log-status"]
        for (more, version) in [("bytes", "2"), ("vpc-id", "3"), ("az-id", "4"), ("encryption-status", "10")] {
            #expect(try parse(text([shop.record()], columns: fields + [more]))[0]["version"] == version)
        }
    }

    @Test func `all fields are there in the order chosen`() throws {
        let columns = AWSField.allCases.map(\.rawValue).reversed() as [String]
        let text = text([shop.record()], columns: columns)
        #expect(text.hasPrefix(columns.joined(separator: " ") + "\n"))
        let line = try parse(text)[0]
        #expect(line["version"] == "10")
        #expect(line["type"] == "IPv4")
        #expect(line["region"] == "lab")
        #expect(line["az-id"] == "lab-1")
        #expect(line["flow-direction"] == "ingress")
        #expect(line["instance-id"] == shop.web.instance.description)
        for absent in ["tcp-flags", "traffic-path", "ecs-task-id", "reject-reason", "encryption-status"] {
            #expect(line[absent] == nil)
        }
        #expect(try parse(text)[1]["flow-direction"] == "egress")
    }

    @Test func `protocols without ports have port 0`() throws {
        let line = try parse(text([record(.icmp, from: shop.web.addresses[0], to: IPAddress(ipv4: 1))]))[0]
        #expect(line["srcport"] == "0")
        #expect(line["dstport"] == "0")
    }

    @Test func `a port that is not known is AWS's word for that`() throws {
        var record = record(.tcp, from: IPAddress(ipv4: 1), to: shop.web.addresses[0], .ingress)
        for (port, word) in [(nil, "-"), (80, "80")] as [(UInt16?, String)] {
            record.key = record.key.with(initiatorPort: nil, targetPort: port)
            #expect(text([record]).contains(" 0.0.0.1 \(shop.web.addresses[0]) - \(word) 6 "))
        }
    }

    @Test func `IPv6 is written as itself`() throws {
        let far = IPAddress(ipv6High: 0x2001_0db8 << 32, low: 1)
        let lines = try parse(
            text([record(.udp, from: shop.web.addresses[1], to: far)], columns: ["srcaddr", "dstaddr", "type"]))
        #expect(lines[0] == ["srcaddr": "fd00::a", "dstaddr": "2001:db8::1", "type": "IPv6"])
    }

    @Test func `a spoofed source stays itself`() throws {
        let line = try parse(text([record(.udp, from: IPAddress(ipv4: 0x0909_0909), to: IPAddress(ipv4: 1))]))[0]
        #expect(line["srcaddr"] == "9.9.9.9")
    }

    @Test(arguments: 1...40 as ClosedRange<UInt64>)
    func `lines of any records can be read, and their sums are the records'`(seed: UInt64) throws {
        var random = RandomRecords(seed: seed, at: shop.web)
        let records = random.records(Int(seed) * 3, from: start)
        let columns = seed % 2 == 0 ? AWSField.defaultNames : AWSField.allCases.map(\.rawValue)
        let lines = try parse(text(records, columns: columns))
        let known = records.filter { $0.detail != .total }
        let seen = lines.filter { $0["log-status"] == "OK" }
        func sum(_ column: String) -> UInt64 { seen.reduce(0) { $0 + (UInt64($1[column] ?? "") ?? 0) } }
        let all = known.reduce(Traffic.zero) { $0 + $1.fromInitiator + $1.fromTarget }
        #expect(sum("packets") == all.packets)
        #expect(sum("bytes") == all.bytes)
        for line in seen {
            #expect(line["packets"] != "0")
            let start = try #require(line["start"].flatMap { Int64($0) })
            #expect(start >= self.start.seconds)
        }
        let hidden = records.contains { $0.detail == .total && !$0.fromInitiator.isZero }
        #expect(lines.contains { $0["log-status"] == "SKIPDATA" } == hidden)
    }
}
