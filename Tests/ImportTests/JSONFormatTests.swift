import Archive
import Model
import Query
import Records
import TestSupport
import Testing

@testable import Import

/// Zeek, Suricata, Google Cloud and Hubble: what each line becomes.
struct JSONFormatTests {
    /// Imports text and gives what was imported, and the rows of some columns.
    private func read(_ text: String, _ columns: [FlowColumn] = [.initiatorIP]) async throws -> (
        result: ImportResult, rows: [[AnswerValue]], completeness: AnswerCompleteness
    ) {
        try await withScratchFolder { folder in
            let archive = ArchiveFolder("\(folder)/archive")
            var importer = try Importer(
                archive, try ArchiveWriter(archive, try archive.claim()), format: nil, fields: nil)
            try write(Array(text.utf8), to: "\(folder)/a.log")
            try importer.read("\(folder)/a.log")
            try importer.finish()
            var question = FlowQuestion()
            question.columns = columns
            let answer = try Answerer(archive).answer(question)
            return (importer.result, answer.rows, answer.completeness)
        }
    }

    private func address(_ text: String) throws -> AnswerValue { .address(try #require(IPAddress(text))) }

    private static let zeek = """
        #separator \\x09
        #set_separator	,
        #empty_field	(empty)
        #unset_field	-
        #path	conn
        #open	2026-01-01-00-00-00
        #fields	ts	uid	id.orig_h	id.orig_p	id.resp_h	id.resp_p	proto	service	duration	orig_bytes	resp_bytes	conn_state	missed_bytes	orig_pkts	orig_ip_bytes	resp_pkts	resp_ip_bytes	tunnel_parents
        #types	time	string	addr	port	addr	port	enum	string	interval	count	count	string	count	count	count	count	count	set[string]
        1767225601.123456	C1	10.0.0.1	40000	10.0.0.2	443	tcp	ssl	2.500001	1	2	SF	0	14	2210	19	18832	-
        1767225602.000000	C2	10.0.0.1	8	10.0.0.2	0	icmp	-	-	-	-	OTH	7	1	84	0	0	(empty)
        1767225603.000000	C3	10.0.0.1	40000	10.0.0.2	99999	tcp	-	-	-	-	OTH	0	1	84	0	0	-
        #close	2026-01-01-01-00-00
        """

    @Test func `Zeek's lines have both ways, and of ICMP type and code`() async throws {
        let (result, rows, completeness) = try await read(
            Self.zeek,
            [
                .start, .end, .initiatorPort, .targetPort, .icmpType, .icmpCode, .packetsFromInitiator,
                .bytesFromInitiator,
                .packetsFromTarget, .bytesFromTarget, .verdict,
            ])
        #expect(result.summary == "imported 2 records, 1 lines not understood, 0 already there")
        #expect(result.headings == 9)
        #expect(result.complaints.first?.contains("id.resp_p: 99999 is over 65535") == true)
        #expect(
            rows == [
                [
                    .instant(1_767_225_601_123_456), .instant(1_767_225_603_623_457), .number(40_000), .number(443),
                    .absent,
                    .absent, .number(14), .number(2210), .number(19), .number(18_832), .absent,
                ],
                [
                    .instant(1_767_225_602_000_000), .instant(1_767_225_602_000_000), .absent, .absent, .number(8),
                    .number(0),
                    .number(1), .number(84), .number(0), .number(0), .absent,
                ],
            ])
        #expect(completeness.loss.map(\.bytes) == [7])
    }

    @Test func `Zeek's JSON is the same as its tables`() async throws {
        let (result, rows, _) = try await read(
            """
            {"ts":1767225601.123456,"uid":"C1","id.orig_h":"fd00::1","id.orig_p":40000,"id.resp_h":"fd00::2","id.resp_p":443,"proto":"tcp","orig_pkts":14,"orig_ip_bytes":2210,"missed_bytes":0}
            {"ts":"2026-01-01T00:00:02.5Z","uid":"C2","id.orig_h":"10.0.0.1","id.orig_p":40000,"id.resp_h":"10.0.0.2","id.resp_p":53,"proto":"udp"}
            """, [.initiatorIP, .start, .transport, .bytesFromInitiator])
        #expect(result.imported == 2)
        #expect(
            rows == [
                [try address("fd00::1"), .instant(1_767_225_601_123_456), .text("tcp"), .number(2210)],
                [try address("10.0.0.1"), .instant(1_767_225_602_500_000), .text("udp"), .absent],
            ])
    }

    @Test func `of Suricata's events flows are records`() async throws {
        let (result, rows, _) = try await read(
            """
            {"timestamp":"2026-01-01T00:00:09.000000+0000","event_type":"alert","src_ip":"10.0.0.1"}
            {"timestamp":"2026-01-01T00:00:09.000000+00:00","event_type":"flow","src_ip":"10.0.0.1","src_port":40000,"dest_ip":"10.0.0.2","dest_port":80,"proto":"TCP","community_id":"1:x","flow":{"pkts_toserver":3,"pkts_toclient":2,"bytes_toserver":300,"bytes_toclient":200,"start":"2026-01-01T00:00:01.000000+00:00","end":"2026-01-01T00:00:05.000000+00:00","reason":"timeout","action":"drop"},"tcp":{"tcp_flags":"1b"}}
            {"timestamp":"2026-01-01T00:00:09.000000+00:00","event_type":"netflow","src_ip":"10.0.0.2","src_port":80,"dest_ip":"10.0.0.1","dest_port":40000,"proto":"TCP","netflow":{"pkts":2,"bytes":200,"start":"2026-01-01T00:00:02.000000+00:00","end":"2026-01-01T00:00:05.000000+00:00"}}
            {"event_type":"flow","timestamp":"2026-01-01T00:00:09.000000+00:00","flow":{"pkts_toserver":18446744073709551616}}
            {broken
            """,
            [
                .start, .initiatorPort, .packetsFromInitiator, .bytesFromTarget, .verdict, .endReason, .flags,
                .communityID,
            ])
        #expect(result.otherEvents == 1)
        #expect(result.badLines == 2)
        #expect(
            rows == [
                [
                    .instant(1_767_225_601_000_000), .number(40_000), .number(3), .number(200), .text("drop"),
                    .text("idle"),
                    .number(0x1b), .text("1:x"),
                ],
                [
                    .instant(1_767_225_602_000_000), .number(80), .number(2), .absent, .absent, .absent, .absent,
                    .absent,
                ],
            ])
    }

    @Test func `Google's flow log has no verdict, and its firewall log has one`() async throws {
        let (result, rows, _) = try await read(
            """
            {"logName":"projects/p/logs/x","timestamp":"2026-01-01T00:00:09Z","jsonPayload":{"connection":{"src_ip":"10.0.0.1","src_port":40000,"dest_ip":"10.0.0.2","dest_port":443,"protocol":6},"reporter":"DEST","start_time":"2026-01-01T00:00:01.123456789Z","end_time":"2026-01-01T00:00:05Z","bytes_sent":"2210","packets_sent":"14","dest_instance":{"project_id":"shop","vm_name":"web-1","zone":"europe-west1-b"},"dest_vpc":{"vpc_name":"net","subnetwork_name":"front","project_id":"shop"}}}
            {"timestamp":"2026-01-01T00:00:07Z","jsonPayload":{"connection":{"src_ip":"10.0.0.1","src_port":1,"dest_ip":"10.0.0.2","dest_port":22,"protocol":6},"disposition":"DENIED","rule_details":{"reference":"network:net/firewall:no","direction":"INGRESS"},"instance":{"vm_name":"web-1","project_id":"shop"},"vpc":{"vpc_name":"net"}}}
            {"timestamp":"2026-01-01T00:00:07Z","textPayload":"hello"}
            """, [.start, .verdict, .direction, .project, .instance, .vpc, .bytesFromInitiator, .rule])
        #expect(result.otherEvents == 1)
        #expect(
            rows == [
                [
                    .instant(1_767_225_601_123_456), .absent, .text("ingress"), .text("shop"), .text("web-1"),
                    .text("net"),
                    .number(2210), .absent,
                ],
                [
                    .instant(1_767_225_607_000_000), .text("drop"), .text("ingress"), .text("shop"), .text("web-1"),
                    .text("net"), .absent, .text("network:net/firewall:no"),
                ],
            ])
    }

    @Test func `Hubble's replies are turned, and its losses stated`() async throws {
        let (result, rows, completeness) = try await read(
            """
            {"flow":{"time":"2026-01-01T00:00:01.000000001Z","verdict":"AUDIT","IP":{"source":"10.0.0.1","destination":"10.0.0.2","ipVersion":"IPv4"},"l4":{"TCP":{"source_port":40000,"destination_port":443,"flags":{"SYN":true}}},"destination":{"pod_name":"web","namespace":"shop"},"Type":"L3_L4","traffic_direction":"INGRESS","node_name":"n1"},"node_name":"n1","time":"2026-01-01T00:00:01Z"}
            {"flow":{"time":"2026-01-01T00:00:02Z","verdict":"FORWARDED","IP":{"source":"10.0.0.2","destination":"10.0.0.1"},"l4":{"TCP":{"source_port":443,"destination_port":40000,"flags":{"SYN":true,"ACK":true}}},"is_reply":true,"Type":"L3_L4"}}
            {"flow":{"time":"2026-01-01T00:00:03Z","verdict":"FORWARDED","Type":"L7","l7":{"type":"REQUEST"}}}
            {"lost_events":{"source":"HUBBLE_RING_BUFFER","num_events_lost":"12"},"node_name":"n1","time":"2026-01-01T00:00:04Z"}
            {"flow":{"time":"2026-01-01T00:00:05Z","verdict":"DROPPED","drop_reason_desc":"POLICY_DENIED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},"l4":{"ICMPv4":{"type":8}},"Type":"L3_L4"}}
            """,
            [
                .initiatorIP, .initiatorPort, .targetPort, .packetsFromInitiator, .packetsFromTarget, .verdict, .reason,
                .flags, .icmpType,
            ])
        #expect(result.imported == 3)
        #expect(result.otherEvents == 1)
        #expect(result.losses == 1)
        let client = try address("10.0.0.1")
        #expect(
            rows == [
                [
                    client, .number(40_000), .number(443), .number(1), .absent, .text("accept"), .text("audit"),
                    .number(2), .absent,
                ],
                [
                    client, .number(40_000), .number(443), .absent, .number(1), .text("accept"), .absent, .number(18),
                    .absent,
                ],
                [
                    client, .absent, .absent, .number(1), .absent, .text("drop"), .text("POLICY_DENIED"), .absent,
                    .number(8),
                ],
            ])
        #expect(completeness.loss.map(\.records) == [12])
    }

    @Test func `no bytes trap a reader`() throws {
        var random = SplitMix64(seed: 8)
        let seeds =
            Self.zeek.split(separator: "\n").map { Array($0.utf8) } + [
                Array(
                    "{\"flow\":{\"time\":\"2026-01-01T00:00:01Z\",\"verdict\":\"AUDIT\",\"IP\":{\"source\":\"10.0.0.1\"}}}"
                        .utf8),
                Array(
                    "{\"event_type\":\"flow\",\"flow\":{\"start\":\"2026-01-01T00:00:01Z\",\"pkts_toserver\":3}}".utf8),
                Array("2 1 e 10.0.0.1 10.0.0.2 1 2 6 1 1 1767225601 1767225655 ACCEPT OK".utf8),
            ]
        var zeek = ZeekReader()
        var aws = AWSReader()
        var batch = FlowBatch()
        for _ in 0..<3000 {
            var line = random.pick(seeds)
            for _ in 0...random.next() % 4 {
                let place = Int.random(in: 0..<line.count, using: &random)
                switch random.next() % 3 {
                case 0: line[place] = UInt8(truncatingIfNeeded: random.next() % 128)
                case 1: line.remove(at: place)
                default: line.insert(contentsOf: random.pick(seeds).prefix(20), at: place)
                }
                if line.isEmpty { line = [0x7b] }
            }
            _ = zeek.read(line[...], into: &batch)
            _ = aws.read(line[...], into: &batch)
            for var reader in [SuricataReader(), GCPReader(), HubbleReader()] as [any LineReader] {
                _ = reader.read(line[...], into: &batch)
            }
            batch.dropRow()
        }
    }
}
