import Model
import Testing

@testable import Records

@Suite struct NeutronLineTests {
    private let shop: Shop

    init() throws { shop = try Shop() }

    private func line(_ event: SessionEvent, _ options: NeutronLine.Options = .init(), logs: [String] = []) -> String {
        var encoder = NeutronLine(catalogue: shop.catalogue, options: options)
        var line = ByteLine()
        encoder.append(event, logResources: logs, to: &line)
        return line.text
    }

    /// The text of the packet alone.
    private func layers(_ packet: [UInt8]) -> String {
        let text = line(shop.event(packet: packet))
        let start = text.firstRange(of: "ethernet(")?.lowerBound ?? text.endIndex
        return String(text[start...].dropLast())
    }

    @Test func `the documented sample comes out as documented`() {
        var event = shop.event()
        event.time = Timestamp(seconds: 1_525_511_107)
        // Differences to the documentation: a comma for its `>`, no space after `[`, and the day as syslog pads it.
        let expected =
            "May  5 09:05:07 action=ACCEPT project_id=demo "
            + "log_resource_ids=['4522efdf-8d44-4e19-b237-64cafc49469b', '42332d89-df42-4588-a2bb-3ce50829ac51'] "
            + "vm_port=\(shop.web.interface) "
            + "ethernet(dst='fa:16:3e:ec:36:32',ethertype=2048,src='fa:16:3e:50:aa:b5'), "
            + "ipv4(csum=62071,dst='10.0.0.4',flags=2,header_length=5,identification=36638,offset=0,"
            + "option=None,proto=6,src='172.24.4.10',tos=0,total_length=60,ttl=63,version=4), "
            + "tcp(ack=0,bits=2,csum=15097,dst_port=80,offset=10,"
            + "option=[TCPOptionMaximumSegmentSize(kind=2,length=4,max_seg_size=1460), "
            + "TCPOptionSACKPermitted(kind=4,length=2), "
            + "TCPOptionTimestamps(kind=8,length=10,ts_ecr=0,ts_val=196418896), "
            + "TCPOptionNoOperation(kind=1,length=1), TCPOptionWindowScale(kind=3,length=3,shift_cnt=3)],"
            + "seq=3284890090,src_port=47825,urgent=0,window_size=14600)\n"
        let logs = ["4522efdf-8d44-4e19-b237-64cafc49469b", "42332d89-df42-4588-a2bb-3ce50829ac51"]
        #expect(line(event, logs: logs) == expected)
    }

    @Test func `options add the packet key in front of the layers`() {
        #expect(line(shop.event(), .init(includesPacketKey: true)).contains(" pkt=ethernet(dst='fa:16"))
    }

    @Test func `options add the decision at the end of the line`() {
        let text = line(shop.event(), .init(includesDecision: true))
        #expect(text.hasSuffix(",window_size=14600) rule_id=\(shop.https.id) revision=2 direction=ingress\n"))
    }

    @Test func `a day of two digits has one space before it`() {
        #expect(line(shop.event()).hasPrefix("Nov  3 "))
        var event = shop.event()
        event.time = Timestamp(seconds: 1_795_219_200)
        event.verdict = .drop
        #expect(line(event).hasPrefix("Nov 21 00:00:00 action=DROP "))
    }

    @Test func `an echo request shows its id and its data`() {
        #expect(
            layers(SamplePacket.icmpEcho).hasSuffix(
                "icmp(code=0,csum=4660,data=echo(data=b'a\\'\\n\\xff',id=7,seq=1),type=8)"))
    }

    @Test func `IPv6 shows its extension headers before the datagram`() {
        #expect(
            layers(SamplePacket.udpOverIPv6)
                == "ethernet(dst='fa:16:3e:ec:36:32',ethertype=34525,src='fa:16:3e:50:aa:b5'), "
                + "ipv6(dst='fd00::a',ext_hdrs=[dst_opts(nxt=17,size=8)],flow_label=214375,hop_limit=64,nxt=60,"
                + "payload_length=18,src='fd00::14',traffic_class=18,version=6), "
                + "udp(csum=48879,dst_port=53,src_port=54321,total_length=10), b'\\r\\n'")
    }

    @Test func `SCTP shows its chunks as bytes`() {
        #expect(
            layers(SamplePacket.sctp).hasSuffix(
                "sctp(chunks=b'\\x01\\x00\\x00\\x14',csum=16909060,dst_port=2906,src_port=2905,vtag=0)"))
    }

    @Test func `what is cut off ends the line as bytes`() {
        #expect(layers(Array(SamplePacket.tcpSYN.prefix(22))).hasSuffix("ttl=63,version=4), b'\\xba\\xd1'"))
        #expect(layers([0x45, 0x00]).hasSuffix("src='fa:16:3e:50:aa:b5'), b'E\\x00'"))
        #expect(layers(Array(SamplePacket.tcpSYN.prefix(45))).contains(",option=[TCPOptionMaximumSegmentSize(kind=2"))
        #expect(layers(Array(SamplePacket.tcpSYN.prefix(45))).contains(", b'\\x04'],seq="))
    }

    @Test func `a later fragment has no ports to misread`() {
        var packet = SamplePacket.tcpSYN
        packet[7] = 1
        #expect(layers(packet).contains("offset=1,"))
        #expect(!layers(packet).contains("tcp("))
    }

    @Test func `padding of the link layer is not part of the packet`() {
        #expect(layers(SamplePacket.tcpSYN + [0, 0, 0]) == layers(SamplePacket.tcpSYN))
    }

    @Test func `an interface that is not known has no project`() {
        var event = shop.event()
        event.interface = Identifier(derivedFrom: "gone")
        event.sourceMAC = nil
        #expect(line(event).contains(" project_id=None log_resource_ids=[] vm_port=\(event.interface) "))
        #expect(line(event).contains(",src=None), "))
    }

    @Test func `names with spaces stay one token`() {
        var line = ByteLine()
        line.append(token: "a b'\n\\é")
        #expect(line.text == "a\\x20b\\'\\n\\\\\\xc3\\xa9")
    }
}
