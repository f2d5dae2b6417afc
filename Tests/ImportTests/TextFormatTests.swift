import Archive
import Model
import Query
import Records
import TestSupport
import Testing

@testable import Import

/// Neutron, OVN and Argus: what each line becomes.
struct TextFormatTests {
    private func read(_ text: String, _ columns: [FlowColumn]) async throws -> (
        result: ImportResult, rows: [[AnswerValue]]
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
            return (importer.result, try Answerer(archive).answer(question).rows)
        }
    }

    private func address(_ text: String) throws -> AnswerValue { .address(try #require(IPAddress(text))) }

    @Test func `Neutron's lines are read`() async throws {
        let (result, rows) = try await read(
            """
            2026-01-03 10:15:07.250 123 INFO neutron action=ACCEPT project_id=demo log_resource_ids=['a', 'b'] vm_port=port-1 pkt=ethernet(dst='fa:16:3e:ec:36:32',ethertype=2048,src='fa:16:3e:50:aa:b5'), ipv4(csum=62071,dst='10.0.0.4',flags=2,option=None,proto=6,src='172.24.4.10',version=4), tcp(ack=0,bits=2,dst_port=80,option=[TCPOptionMaximumSegmentSize(kind=2,length=4,max_seg_size=1460), TCPOptionSACKPermitted(kind=4,length=2)],src_port=47825,urgent=0)>
            2026-01-03T10:15:08Z action=DROP project_id=demo log_resource_ids=['a'] vm_port=port-1 ethernet(dst='x',src='y'), ipv6(dst='fd00::2',nxt=58,src='fd00::1'), icmpv6(code=0,csum=1,type_=128)
            2026-01-03T10:15:08Z action=PERHAPS project_id=demo
            no such line
            """,
            [.start, .project, .interfaceID, .verdict, .initiatorIP, .initiatorPort, .targetPort, .icmpType, .flags])
        #expect(result.badLines == 2)
        let start = AnswerValue.instant(1_767_435_307_250_000)
        #expect(
            rows == [
                [
                    start, .text("demo"), .text("port-1"), .text("accept"), try address("172.24.4.10"), .number(47_825),
                    .number(80),
                    .absent, .number(2),
                ],
                [
                    .instant(1_767_435_308_000_000), .text("demo"), .text("port-1"), .text("drop"),
                    try address("fd00::1"), .absent,
                    .absent, .number(128), .absent,
                ],
            ])
    }

    @Test(arguments: [
        ("Nov  3 10:15:07", "2026-11-03T10:15:07Z"), ("Dec 31 23:59:59", "2025-12-31T23:59:59Z"),
        ("Feb 29 00:00:00", "2024-02-29T00:00:00Z"), ("Nov 30 12:00:00", "2026-11-30T12:00:00Z"),
        ("Nov 30 12:00:01", "2025-11-30T12:00:01Z"),
    ]) func `a time without year is the latest that is not in the future`(text: String, wanted: String) throws {
        let now = try #require(TimeText.instant("2026-11-30T12:00:00Z"))
        #expect(try LogTime.microseconds(text[...], now: now) == TimeText.instant(wanted)?.microseconds)
    }

    @Test func `OVN's lines are read`() async throws {
        let (result, rows) = try await read(
            """
            2026-01-08T17:57:28.283Z|00094|acl_log(ovn_pinctrl0)|INFO|name="neutron-1", verdict=allow, severity=info, direction=to-lport: icmp,vlan_tci=0x0000,dl_src=fa:16,dl_dst=fa:17,nw_src=10.0.0.67,nw_dst=192.168.100.11,nw_tos=0,icmp_type=8,icmp_code=0
            2026-01-08T17:57:29.283Z|00095|acl_log(ovn_pinctrl0)|INFO|name="a, b", verdict=reject, severity=info, direction=from-lport: tcp6,vlan_tci=0x0000,ipv6_src=fd00::1,ipv6_dst=fd00::2,tp_src=40000,tp_dst=22,tcp_flags=syn|ack
            2026-01-08T17:57:29.283Z|00096|binding|INFO|Claiming lport
            2026-01-08T17:57:29.283Z|00097|acl_log(ovn_pinctrl0)|INFO|name="x", verdict=drop, severity=info: arp,arp_op=1
            2026-01-08T17:57:29.283Z|00098|acl_log(ovn_pinctrl0)|INFO|name="x", verdict=huh, severity=info: udp,tp_src=1
            """, [.verdict, .direction, .initiatorIP, .transport, .targetPort, .icmpType, .flags])
        #expect(result.otherEvents == 2)
        #expect(result.badLines == 1)
        #expect(
            rows == [
                [
                    .text("accept"), .text("ingress"), try address("10.0.0.67"), .text("icmp"), .absent, .number(8),
                    .absent,
                ],
                [
                    .text("drop"), .text("egress"), try address("fd00::1"), .text("tcp"), .number(22), .absent,
                    .number(18),
                ],
            ])
    }

    @Test func `Argus' flows are read`() async throws {
        let (result, rows) = try await read(
            """
            StartTime,Dur,Proto,SrcAddr,Sport,Dir,DstAddr,Dport,State,sTos,dTos,TotPkts,TotBytes,SrcBytes,Label
            2011/08/10 09:46:59.607825,1.026539,tcp,94.44.127.113,1577,   ->,147.32.84.59,6881,S_RA,0,0,4,276,156,flow=Background
            2011/08/10 09:47:00.000000,0.000000,icmp,10.0.0.1,0x0008,  <->,10.0.0.2,0x0000,ECO,0,0,2,196,98,x
            2011/08/10 09:47:00.000000,0.000000,man,0,0,  <->,0,0,STA,0,0,2,196,98,x
            2011/08/10 09:47:01.000000,0.000000,udp,10.0.0.1,99999,  <->,10.0.0.2,53,CON,0,0,2,196,98,x
            2011/08/10 09:47:01.000000,0.000000,udp,10.0.0.1,9999,  <->,10.0.0.2,53,CON,0,0,2,96,98,x
            """,
            [
                .start, .end, .initiatorPort, .icmpType, .icmpCode, .bytesFromInitiator, .bytesFromTarget,
                .packetsFromInitiator,
            ])
        #expect(result.summary == "imported 2 records, 2 lines not understood, 0 already there")
        #expect(result.otherEvents == 1)
        let start: Int64 = 1_312_969_619_607_825
        #expect(
            rows == [
                [
                    .instant(start), .instant(start + 1_026_539), .number(1577), .absent, .absent, .number(156),
                    .number(120), .absent,
                ],
                [
                    .instant(1_312_969_620_000_000), .instant(1_312_969_620_000_000), .absent, .number(8), .number(0),
                    .number(98),
                    .number(98), .absent,
                ],
            ])
    }
}
