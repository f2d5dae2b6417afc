import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import Spools
import TestSupport
import Testing

/// Multicast and broadcast on a bridge: judged by the sender's groups, and by those of each guest that would get it.
@Suite(.serialized) struct BridgedManyTests {
    private static let policy = """
        project: shop
        vpcs:
          - name: shop
            cidrs: [10.9.0.0/16, "fd09::/48"]
            subnets: [{name: all, cidrs: [10.9.0.0/24, "fd09::/64"]}]
            groups:
              - {name: speaker, rules: [egress udp/5353 to any]}
              - {name: listener, rules: [ingress udp/5353 from group:speaker, ingress udp/5354 from 10.9.0.99, ingress udp/5355 from 10.9.0.1]}
              - {name: deaf, rules: []}
            instances:
              - name: a
                interfaces: [{name: eth0, subnet: all, addresses: [10.9.0.10, "fd09::10"], mac: "02:00:00:00:00:0a", device: gh-a, groups: [speaker]}]
              - name: b
                interfaces: [{name: eth0, subnet: all, addresses: [10.9.0.11, "fd09::11"], mac: "02:00:00:00:00:0b", device: gh-b, groups: [listener]}]
              - name: c
                interfaces: [{name: eth0, subnet: all, address: 10.9.0.12, device: gh-c, groups: [deaf]}]
        """

    /// Hears what comes to a port, from whomever and to whatever address: answers its words.
    private static let listener = """
        import threading
        heard = []
        door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3)); door.bind(("eth0", 0))
        def listen():
            while True:
                frame, place = door.recvfrom(65535)
                if place[2] != 4 and b"word-" in frame: heard.append(frame[frame.index(b"word-"):].decode())
        threading.Thread(target=listen, daemon=True).start()
        reply("ready")
        for line in lines(): reply(*sorted(heard)); heard.clear()
        """

    /// Sends lines `ADDRESS PORT WORD`.
    private static let speaker = """
        four = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        four.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        six = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        reply("ready")
        for address, port, word in lines():
            try:
                if ":" in address: six.sendto(word.encode(), (address, int(port), 0, socket.if_nametoindex(DEVICE)))
                else:
                    four.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, DEVICE.encode())
                    four.sendto(word.encode(), (address, int(port)))
                reply("sent")
            except OSError as error: reply(error)
        """

    @Test(.kernel) func `what goes to many is judged at each end, told there, and balances`() throws {
        let agent = try AgentUnderTest("bn")
        defer { agent.remove() }
        try agent.addBridge("br0", addresses: ["10.9.0.1/24", "fd09::1/64"])
        for (name, host, mac) in [("a", "10", "0a"), ("b", "11", "0b"), ("c", "12", "0c"), ("x", "99", "99")] {
            try agent.addBridgedGuest(
                name, on: "br0", addresses: ["10.9.0.\(host)/24", "fd09::\(host)/64"], mac: "02:00:00:00:00:\(mac)")
        }
        try agent.start()
        try agent.apply(Self.policy)
        let ears = try ["a", "b", "c", "x"].map { try GuestProgram(try agent.guest($0).namespace, Self.listener) }
        let mouths = try [("a", "eth0"), ("x", "eth0"), ("", "br0")].map { name, device in
            try GuestProgram(
                name.isEmpty ? agent.host.name : try agent.guest(name).namespace,
                "DEVICE = \"\(device)\"\n" + Self.speaker)
        }
        defer { (ears + mouths).forEach { $0.stop() } }
        for program in ears + mouths { #expect(try program.answer() == "ready") }
        let (a, x, host) = (mouths[0], mouths[1], mouths[2])
        for _ in 0..<3 {
            for (address, suffix) in [
                ("224.0.0.251", "4"), ("ff02::fb", "6"), ("10.9.0.255", "s"), ("255.255.255.255", "b"),
            ] {
                #expect(try a.ask("\(address) 5353 word-a\(suffix)") == "sent")
                // No rule of the sender.
                #expect(try a.ask("\(address) 9 word-never") == "sent")
            }
            for mouth in [x, host] {
                let (word, port) = mouth === x ? ("word-x", 5354) : ("word-h", 5355)
                #expect(try mouth.ask("224.0.0.251 \(port) \(word)") == "sent")
                #expect(try mouth.ask("10.9.0.255 \(port) \(word)") == "sent")
                #expect(try mouth.ask("224.0.0.251 9 word-xh") == "sent")
            }
        }
        _ = try Polling.wait([], timeoutNanoseconds: 300_000_000)
        func times(_ words: [String], _ count: Int) -> String {
            words.flatMap { Array(repeating: $0, count: count) }.sorted().joined(separator: " ")
        }
        #expect(
            try ears[1].ask("b")
                == times(["word-a4", "word-a6", "word-ab", "word-as", "word-h", "word-h", "word-x", "word-x"], 3))
        #expect(try ears[2].ask("c") == "")
        #expect(try ears[0].ask("a") == "")
        // Beyond the bridge nobody asks.
        #expect(
            try ears[3].ask("x")
                == times(["word-a4", "word-a6", "word-ab", "word-as", "word-h", "word-h", "word-xh"], 3))
        let report = try agent.books(settle: 20)
        #expect(report.isBalanced, "\(report.lines)")
        func line(_ interface: String, _ way: String) -> UInt64 {
            report.lines.first { $0.interface == interface && $0.way == way }?.kernel.packets ?? 0
        }
        // Four admitted and four refused, three times; into b and c also what x and the host said.
        #expect(line("a/eth0", "out") == 24)
        #expect(line("b/eth0", "into") == 3 * (4 + 6) && line("c/eth0", "into") == 3 * (4 + 6))
        try eventually("events") { try agent.events().count >= 20 }
        let told = try agent.events()
        func has(_ instance: String, _ verdict: Verdict, _ rule: String, _ target: String, _ port: UInt16) -> Bool {
            told.contains {
                $0.instance == instance && $0.verdict == verdict && ($0.rule ?? "").contains(rule)
                    && "\($0.target)" == target && $0.targetPort == port
            }
        }
        #expect(has("a", .accept, "egress udp/5353 to any", "224.0.0.251", 5353))
        #expect(has("a", .drop, "default refusal", "224.0.0.251", 9))
        #expect(has("b", .accept, "ingress udp/5353 from group:speaker", "224.0.0.251", 5353))
        #expect(has("b", .accept, "ingress udp/5353 from group:speaker", "ff02::fb", 5353))
        #expect(has("b", .accept, "ingress udp/5354 from 10.9.0.99", "10.9.0.255", 5354))
        #expect(has("b", .accept, "ingress udp/5355 from 10.9.0.1", "224.0.0.251", 5355))
        #expect(has("b", .drop, "default refusal", "224.0.0.251", 9))
        #expect(has("c", .drop, "default refusal", "255.255.255.255", 5353))
        // A group that the sender leaves admits no more.
        try agent.apply(Self.policy.replacing("groups: [speaker]", with: "groups: [deaf]"))
        #expect(try a.ask("224.0.0.251 5353 word-late") == "sent")
        _ = try Polling.wait([], timeoutNanoseconds: 200_000_000)
        #expect(try ears[1].ask("b") == "" && ears[3].ask("x") == "")
        #expect(try agent.books(settle: 20).isBalanced)
        let records = try agent.flushedRecords(of: "b", vpc: "shop")
        #expect(records.contains { $0.verdict == .accept && "\($0.key.target)" == "ff02::fb" })
    }
}
