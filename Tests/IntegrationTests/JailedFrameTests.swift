import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// Frames by which a guest on a bridge would pass for another, or get past the gate: none arrives, and each is counted once.
@Suite(.serialized) struct JailedFrameTests {
    /// The jail may send everything, so that nothing but the port stage stands in its frames' way.
    private static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.9.0.0/16, "fd09::/48"]
            subnets: [{name: all, cidrs: [10.9.0.0/24, "fd09::/64"]}]
            groups:
              - {name: free, rules: [egress any to any, ingress any from any]}
            instances:
              - name: jail
                interfaces:
                  - {name: eth0, subnet: all, addresses: [10.9.0.10, "fd09::10"], mac: "02:00:00:00:00:0a", device: gh-jail, groups: [free]}
              - name: b
                interfaces:
                  - {name: eth0, subnet: all, addresses: [10.9.0.11, "fd09::11"], mac: "02:00:00:00:00:0b", device: gh-b, groups: [free]}
        """

    /// Sends each trick three times and answers with the kinds that it should have met, and how often.
    private static let sender = """
        word = b"word-of-the-jail"
        me, b = bytes.fromhex("02000000000a"), bytes.fromhex("02000000000b")
        other, all = bytes.fromhex("020000000099"), b"\\xff" * 6
        A, B, X = "10.9.0.10", "10.9.0.11", "10.9.0.99"
        A6, B6, L6 = "fd09::10", "fd09::11", "fe80::ff:fe00:a"
        def sum16(data):
            if len(data) % 2: data += b"\\0"
            total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
            while total >> 16: total = (total & 0xffff) + (total >> 16)
            return ~total & 0xffff
        def ip(source, target, protocol, rest):
            head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(rest), 1, 0, 64, protocol, 0)
            head += socket.inet_aton(source) + socket.inet_aton(target)
            return head[:10] + struct.pack("!H", sum16(head)) + head[12:] + rest
        def six(source, target, protocol, rest, hops=64):
            pack = lambda text: socket.inet_pton(socket.AF_INET6, text)
            return struct.pack("!IHBB", 6 << 28, len(rest), protocol, hops) + pack(source) + pack(target) + rest
        def udp(source, target):
            return struct.pack("!HHHH", source, target, 8 + len(word), 0) + word
        def icmp6(source, target, body, hops=255):
            pack = lambda text: socket.inet_pton(socket.AF_INET6, text)
            pseudo = pack(source) + pack(target) + struct.pack("!II", len(body), 58)
            body = body[:2] + struct.pack("!H", sum16(pseudo + body)) + body[4:]
            return six(source, target, 58, body, hops)
        def neighbour(kind, about, source, target, hops=255):
            body = struct.pack("!BBHI", kind, 0, 0, 0x60000000 if kind == 136 else 0)
            body += socket.inet_pton(socket.AF_INET6, about)
            return icmp6(source, target, body + bytes([200, 3]) + word + b"\\0" * 6, hops)
        def arp(code, mac, address, about):
            head = struct.pack("!HHBBH", 1, 0x800, 6, 4, code)
            return head + mac + socket.inet_aton(address) + b"\\0" * 6 + socket.inet_aton(about) + word
        def frame(target, kind, rest, source=me): return target + source + struct.pack("!H", kind) + rest
        four = ip(A, B, 17, udp(5, 443))
        plain6 = six(A6, B6, 17, udp(5, 443))
        tricks = [
            ("arp", frame(all, 0x806, arp(2, me, B, X))), ("arp", frame(b, 0x806, arp(2, me, "10.9.0.1", B))),
            ("arp", frame(all, 0x806, arp(1, me, B, B))), ("arp", frame(all, 0x806, arp(1, other, A, B))),
            ("spoof", frame(all, 0x806, arp(1, me, A, B), other)),
            ("spoof", frame(b, 0x800, ip(X, B, 17, udp(5, 443)))), ("spoof", frame(b, 0x800, four, other)),
            ("spoof", frame(b, 0x800, ip("0.0.0.0", B, 17, udp(68, 67)))),
            ("spoof", frame(b, 0x86dd, six("fd09::99", B6, 17, udp(5, 443)))), ("spoof", frame(b, 0x86dd, plain6, other)),
            ("spoof", frame(b, 0x86dd, six("::", B6, 17, udp(5, 443)))),
            ("tagged", frame(b, 0x8100, struct.pack("!HH", 0, 0x800) + four)),
            ("tagged", frame(b, 0x8100, struct.pack("!HH", 5, 0x86dd) + plain6)),
            ("tagged", frame(b, 0x88a8, struct.pack("!HHHH", 5, 0x8100, 6, 0x800) + four)),
            ("tagged", frame(all, 0x8100, struct.pack("!HH", 0, 0x806) + arp(2, me, B, X))),
            ("tagged", frame(b, 0x9100, struct.pack("!HH", 0, 0x800) + four)),
            ("ethertype", frame(b, 0x8864, struct.pack("!BBHHH", 0x11, 0, 1, len(four) + 2, 0x21) + four)),
            ("ethertype", frame(b, 0x8847, b"\\0\\1\\1\\x40" + four)), ("ethertype", frame(b, 0x8870, four)),
            ("ethertype", frame(b, len(four) + 8, bytes.fromhex("aaaa03000000") + b"\\x08\\0" + four)),
            ("mixed", frame(all, 0x800, four)), ("mixed", frame(bytes.fromhex("01005e000001"), 0x800, four)),
            ("mixed", frame(bytes.fromhex("333300000001"), 0x86dd, plain6)),
            ("dhcp-server", frame(b, 0x800, ip(A, B, 17, udp(67, 68)))),
            ("dhcp-server", frame(all, 0x800, ip(A, "255.255.255.255", 17, udp(67, 68)))),
            ("dhcp-server", frame(b, 0x86dd, six(L6, "fe80::ff:fe00:b", 17, udp(547, 546)))),
            ("router-advertisement", frame(b, 0x86dd, icmp6(L6, B6, struct.pack("!BBHIII", 134, 0, 0, 0x40000708, 0, 0)
                + bytes([200, 3]) + word + b"\\0" * 6))),
            ("router-advertisement", frame(bytes.fromhex("333300000001"), 0x86dd,
                icmp6(A6, "ff02::1", struct.pack("!BBHIII", 134, 0, 0, 0x40000708, 0, 0) + bytes([200, 3]) + word + b"\\0" * 6))),
            ("router-advertisement", frame(b, 0x86dd, icmp6(L6, B6, struct.pack("!BBHI", 137, 0, 0, 0) + b"\\0" * 32
                + bytes([200, 3]) + word + b"\\0" * 6))),
            ("neighbour", frame(bytes.fromhex("333300000001"), 0x86dd, neighbour(136, B6, A6, "ff02::1"))),
            ("neighbour", frame(b, 0x86dd, neighbour(136, "fd09::99", L6, B6))),
            ("neighbour", frame(bytes.fromhex("3333ff000011"), 0x86dd, neighbour(135, B6, "::", "ff02::1:ff00:11"))),
            ("neighbour", frame(b, 0x86dd, neighbour(135, B6, A6, B6, 64))),
            ("headers", frame(b, 0x86dd, six(A6, B6, 51, bytes([17, 4]) + b"\\0" * 22 + udp(5, 443)))),
            ("link-local", frame(b, 0x86dd, six(L6, "fe80::ff:fe00:b", 17, udp(5, 443)))),
            ("link-local", frame(b, 0x86dd, six(L6, B6, 17, udp(5, 443)))),
        ]
        door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW); door.bind(("eth0", 0))
        sent = {}
        for line in lines():
            for kind, bytes_ in tricks:
                for _ in range(3): door.send(bytes_); sent[kind] = sent.get(kind, 0) + 1
            reply(" ".join("%s=%d" % pair for pair in sorted(sent.items())))
        """

    /// Answers how many frames with the word it has heard.
    private static let listener = """
        import threading
        heard = []
        door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); door.bind(("eth0", 0))
        def listen():
            while True:
                frame, place = door.recvfrom(65535)
                if place[2] != 4 and b"word-of-the-jail" in frame: heard.append(frame[:64].hex())
        threading.Thread(target=listen, daemon=True).start()
        reply("ready")
        for line in lines(): reply(len(heard), *heard[:3])
        """

    @Test(.kernel) func `no trick of a guest arrives anywhere, and each frame is counted in its kind`() throws {
        let agent = try AgentUnderTest("jf")
        defer { agent.remove() }
        try agent.addBridge("br0", addresses: ["10.9.0.1/24", "fd09::1/64"])
        for (name, number) in [("jail", "0a"), ("b", "0b"), ("x", "99")] {
            let host = name == "x" ? "99" : number == "0a" ? "10" : "11"
            try agent.addBridgedGuest(
                name, on: "br0", addresses: ["10.9.0.\(host)/24", "fd09::\(host)/64"], mac: "02:00:00:00:00:\(number)")
        }
        try agent.start()
        try agent.apply(Self.policy)
        let listeners = try ["b", "x"].map { try GuestProgram(try agent.guest($0).namespace, Self.listener) }
        let jail = try GuestProgram(try agent.guest("jail").namespace, Self.sender)
        defer { (listeners + [jail]).forEach { $0.stop() } }
        for listener in listeners { #expect(try listener.answer() == "ready") }
        func refused() throws -> [String: UInt64] {
            try agent.interfaces().first { $0.interface == "jail/eth0" }?.refused ?? [:]
        }
        let before = try refused()
        let sent = try jail.ask("go").split(separator: " ").map { $0.split(separator: "=") }
        var wanted = before
        for pair in sent { wanted[String(pair[0]), default: 0] += UInt64(pair[1]) ?? 0 }
        #expect(sent.count == 10)
        try eventually("every frame in its kind: \((try? refused()) ?? [:]), not \(wanted)") { try refused() == wanted }
        for listener in listeners { #expect(try listener.ask("count") == "0") }
        // An honest frame with the same word arrives: listeners hear.
        let b = try GuestServer(try agent.guest("b"), [try address("10.9.0.11")], udp: [443])
        defer { b.stop() }
        #expect(try agent.guest("jail").udp(try address("10.9.0.11"), 443, patience: 2000).isAnswered)
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
    }
}
