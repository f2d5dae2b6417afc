import Archive
import Model
import Query
import Records
import TestSupport
import Testing

@testable import Import

/// What nfdump 1.7.1 printed of real packets, which nfpcapd had collected.
struct NfdumpImportTests {
    private static let heading =
        "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,mpls10,cl,sl,al,ra,eng,exid,tr"
    private static let rest =
        ",0,0,0,0,0,0,0,0,0.0.0.0,0.0.0.0,0,0,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,    0.000,    0.000,    0.000,0.0.0.0,17/1,0,2026-11-30 19:17:35.908"

    private func read(_ text: String, _ columns: [FlowColumn]) async throws -> (
        result: ImportResult, rows: [[AnswerValue]]
    ) {
        try await withScratchFolder { folder in
            let archive = ArchiveFolder("\(folder)/archive")
            var importer = try Importer(
                archive, try ArchiveWriter(archive, try archive.claim()), format: nil, fields: nil)
            try write(Array(text.utf8), to: "\(folder)/a")
            try importer.read("\(folder)/a")
            try importer.finish()
            var question = FlowQuestion()
            question.columns = columns
            return (importer.result, try Answerer(archive).answer(question).rows)
        }
    }

    private func address(_ text: String) throws -> AnswerValue { .address(try #require(IPAddress(text))) }

    @Test func `comma-separated values are read`() async throws {
        let lines = [
            "2026-11-30 19:14:41,2026-11-30 19:14:42,0.201,10.9.0.2,10.9.0.1,0,2048,ICMP,........,0,0,1,1028,0,0",
            "2026-11-30 19:14:41,2026-11-30 19:14:41,0.000,fe80::8407:d2ff:feae:cf91,ff02::2,0,34048,ICMP6,........,0,0,1,56,0,0",
            "2026-11-30 19:14:43,2026-11-30 19:14:43,0.000,10.9.0.1,10.9.0.2,4321,58258,TCP,...A.R..,64,0,1,40,2,90",
            "2026-11-30 19:14:44,2026-11-30 19:14:44,0.201,fd09::1,fd09::2,0,0,Frag6,........,128,0,6,6304,0,0",
            "2026-11-30 19:14:44,2026-11-30 19:14:44,0.201,fd09::1,fd09::2,0,70000,UDP,........,0,0,6,6304,0,0",
            "2026-11-30 19:14:44,2026-11-30 19:14:44,0.201,fd09::1,fd09::2,0,7,TCP,..S.....,0,0,6,6304,0,0",
        ]
        let text = [Self.heading] + lines.map { $0 + Self.rest } + ["x"]
        let summary = ["Summary", "flows,bytes,packets,avg_bps,avg_pps,avg_bpp", "9,16876,19,330901,46,888"]
        let (result, rows) = try await read(
            (text + summary).joined(separator: "\n"),
            [
                .start, .end, .initiatorIP, .transport, .initiatorPort, .targetPort, .icmpType, .icmpCode, .flags,
                .packetsFromInitiator, .packetsFromTarget, .bytesFromTarget, .verdict, .source,
            ])
        #expect(result.summary == "imported 4 records, 3 lines not understood, 0 already there")
        #expect(result.others.hasPrefix("1 headings, 3 comments"))
        #expect(result.complaints[0].hasSuffix("a:6: dp: 70000 is over 65535"))
        #expect(result.complaints[1].hasSuffix("a:7: flg: \"..S.....\" names no flags; ...AP.SF does"))
        let start: Int64 = 1_796_066_081_000_000
        let both = AnswerValue.instant(start)
        #expect(
            rows.sorted { "\($0)" < "\($1)" }
                == [
                    [
                        both, .instant(start + 1_000_000), try address("10.9.0.2"), .text("icmp"), .absent, .absent,
                        .number(8), .number(0), .absent, .number(1), .absent, .absent, .absent, .text("netflow"),
                    ],
                    [
                        both, both, try address("fe80::8407:d2ff:feae:cf91"), .text("icmpv6"), .absent, .absent,
                        .number(133), .number(0), .absent, .number(1), .absent, .absent, .absent, .text("netflow"),
                    ],
                    [
                        .instant(start + 2_000_000), .instant(start + 2_000_000), try address("10.9.0.1"), .text("tcp"),
                        .number(4321), .number(58_258), .absent, .absent, .number(20), .number(1), .number(2),
                        .number(90),
                        .text("accept"), .text("netflow"),
                    ],
                    [
                        .instant(start + 3_000_000), .instant(start + 3_000_000), try address("fd09::1"),
                        .text("ipv6-frag"), .absent, .absent, .absent, .absent, .absent, .number(6), .absent, .absent,
                        .text("drop"), .text("netflow"),
                    ],
                ].sorted { "\($0)" < "\($1)" })
    }

    @Test func `a list of JSON is read`() async throws {
        let (result, rows) = try await read(
            """
            [
            {
            \t"type" : "FLOW",
            \t"sampled" : 0,
            \t"export_sysid" : 0,
            \t"first" : "2026-11-30T19:14:41.483",
            \t"last" : "2026-11-30T19:14:41.684",
            \t"received" : "2026-11-30T19:17:35.908",
            \t"in_packets" : 1,
            \t"in_bytes" : 40,
            \t"proto" : 6,
            \t"tcp_flags" : "...A.R..",
            \t"src_port" : 4321,
            \t"dst_port" : 58258,
            \t"src_tos" : 0,
            \t"src4_addr" : "10.9.0.1",
            \t"dst4_addr" : "10.9.0.2",
            \t"src4_xlt_ip" : "192.0.2.1",
            \t"src_xlt_port" : "99",
            \t"label" : "<none>"
            },
            {
            \t"type" : "EVENT",
            \t"t_event" : "2026-11-30T19:14:41.483"
            },
            {
            \t"type" : "FLOW",
            \t"first" : "2026-11-30T19:14:42.483",
            \t"last" : "2026-11-30T19:14:41.684"
            }]
            """,
            [
                .start, .end, .initiatorIP, .targetIP, .initiatorPort, .flags, .bytesFromInitiator, .bytesFromTarget,
                .hostTranslationInitiatorIP, .hostTranslationInitiatorPort, .sourceLine,
            ])
        #expect(result.summary == "imported 1 records, 1 lines not understood, 0 already there")
        #expect(result.otherEvents == 1)
        #expect(result.complaints.first?.hasSuffix("a:3: the end is before the start") == true)
        let start: Int64 = 1_796_066_081_483_000
        #expect(
            rows == [
                [
                    .instant(start), .instant(start + 201_000), try address("10.9.0.1"), try address("10.9.0.2"),
                    .number(4321), .number(20), .number(40), .absent, try address("192.0.2.1"), .number(99), .number(1),
                ]
            ])
    }

    @Test func `another list is no format`() async throws {
        let (result, _) = try await read("[1, 2]", [.start])
        #expect(result.failures.map(\.reason) == ["no format fits the document; name one with --format"])
    }
}
