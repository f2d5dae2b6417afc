import Foundation
import FuzzEntries
import Glibc
import Host
import Model
import Rehearsal
import TestSupport
import Testing

@testable import Netlink

/// Records the fixtures from the running kernel: `GATEHOUSE_RECORD=1`, root. The tests' expectations name the numbers that
/// differ from one recording to the next (times, identifiers): they are to be brought up to date with it.
@Suite(.serialized, .enabled(if: ChildProcess.inheritedEnvironment()["GATEHOUSE_RECORD"] == "1"))
struct FixtureRecorder {
    /// Sends bytes and returns the datagrams that come until one holds an acknowledgement, an error or an end.
    private func exchange(_ socket: NetfilterSocket, _ bytes: [UInt8], acknowledgements: Int = 1) throws -> [[UInt8]] {
        try #require(Glibc.send(socket.number, bytes, bytes.count, 0) == bytes.count)
        var datagrams: [[UInt8]] = []
        var ends = 0
        while ends < acknowledgements {
            let datagram = try receive(socket)
            datagrams.append(datagram)
            ByteView.with(datagram) { view in
                var cursor = MessageCursor(view)
                while let message = cursor.next() { if message.type < 16 { ends += 1 } }
            }
        }
        return datagrams
    }

    private func receive(_ socket: NetfilterSocket) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        let length = recv(socket.number, &buffer, buffer.count, 0)
        try #require(length > 0)
        return Array(buffer[..<length])
    }

    private func router() throws -> (host: TestHost, near: Guest, far: Guest) {
        let host = try TestHost("nl")
        let near = try host.addGuest(
            "n", device: "near0", addresses: ["10.1.0.2/24", "fd01::2/64"], gateways: ["10.1.0.1", "fd01::1"])
        let far = try host.addGuest(
            "f", device: "far0", addresses: ["10.2.0.2/24", "fd02::2/64"], gateways: ["10.2.0.1", "fd02::1"])
        for (address, device) in [
            ("10.1.0.1/24", "near0"), ("fd01::1/64", "near0"), ("10.2.0.1/24", "far0"), ("fd02::1/64", "far0"),
        ] { try TestHost.run("ip", "-n", host.name, "addr", "add", address, "dev", device, "nodad") }
        for (space, device, mac) in [
            (near, "eth0", "02:00:00:00:01:02"), (host.name, "near0", "02:00:00:00:01:01"),
            (far, "eth0", "02:00:00:00:02:02"), (host.name, "far0", "02:00:00:00:02:01"),
        ] { try TestHost.run("ip", "-n", space, "link", "set", device, "address", mac) }
        for name in [
            "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding", "net.netfilter.nf_conntrack_acct",
            "net.netfilter.nf_conntrack_timestamp",
        ] { try TestHost.run("sysctl", "-qw", "\(name)=1", in: host.name) }
        return (host, Guest(namespace: near), Guest(namespace: far))
    }

    /// One session of each kind; the second time nobody has to be found first.
    private func talk(_ near: Guest) throws {
        #expect(try near.ping(#require(IPAddress("fd02::2")), patience: 2000).isAnswered)
        #expect(try near.ping(#require(IPAddress("10.2.0.2")), patience: 2000).isAnswered)
        #expect(try near.udp(#require(IPAddress("fd02::2")), 53, patience: 2000).isAnswered)
        #expect(try near.tcp(#require(IPAddress("10.2.0.2")), 80).isAnswered)
    }

    private func nft(_ script: String, _ host: TestHost) throws {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
        try write(Array(script.utf8), to: path)
        defer { unlink(path) }
        try TestHost.run("nft", "-f", path, in: host.name)
    }

    private static let logRule = "log prefix \"GHtests1\" group 5"

    @Test func `packets that NFLOG reports`() throws {
        let (host, near, far) = try router()
        defer { host.remove() }
        let servers = try GuestServer(
            far, [try #require(IPAddress("10.2.0.2")), try #require(IPAddress("fd02::2"))], tcp: [80], udp: [53])
        defer { servers.stop() }
        try nft(
            """
            table inet t { chain f { type filter hook forward priority 0
            ct state new meta l4proto { tcp, udp, icmp, ipv6-icmp } \(Self.logRule)
            }
            }
            """, host)
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        try talk(near)
        try TestHost.run("conntrack", "-F", in: host.name)
        var configuration = PacketLog.Configuration(group: 5)
        configuration.flushHundredths = 100
        var answers: [[UInt8]] = []
        var requests: [[UInt8]] = []
        for (index, request) in PacketLog.requests(configuration).enumerated() {
            let bytes = MessageBuilder.request(
                type: PacketLog.configurationType, flags: Flags.acknowledged, sequence: UInt32(index + 1), resource: 5,
                request.body)
            requests.append(bytes)
            answers += try exchange(socket, bytes)
        }
        try talk(near)
        let rule = "chain forward: ct state new meta l4proto { tcp, udp, icmp, ipv6-icmp } \(Self.logRule)"
        try RecordedBytes.record(
            "nflog-packets",
            "recv of NFLOG group 5, \(rule); ping fd02::2; ping 10.2.0.2; UDP [fd02::2]:53; TCP 10.2.0.2:80",
            [receive(socket)], .packetLog)
        try RecordedBytes.record(
            "nflog-config", "PacketLog.bind, group 5: what is sent, and the kernel's answers", requests + answers,
            .packetLog)
    }

    @Test func `connections, live and ended`() throws {
        let (host, near, far) = try router()
        defer { host.remove() }
        let servers = try GuestServer(
            far, [try #require(IPAddress("10.2.0.2")), try #require(IPAddress("fd02::2"))], tcp: [80], udp: [53])
        defer { servers.stop() }
        try nft(
            """
            table inet t { chain f { type filter hook forward priority 0
            ct mark set 0x12345678
            }
            }
            """, host)
        // The kernel tells the ends only of entries that it made while somebody listened.
        let (socket, ended) = try NetworkNamespace.within(host.name) { (try NetfilterSocket(), try NetfilterSocket()) }
        try ConnectionTracking.subscribeToEnds(ended)
        try talk(near)
        let dump = try exchange(
            socket,
            MessageBuilder.request(type: ConnectionTracking.dumpType, flags: Flags.dump, sequence: 1) { _ in })
        let way = "ping fd02::2; ping 10.2.0.2; UDP [fd02::2]:53; TCP 10.2.0.2:80; ct mark set 0x12345678"
        try RecordedBytes.record("conntrack-dump", "conntrack -L after \(way)", dump, .conntrack)
        var entries: [ConnectionEntry] = []
        try ConnectionTracking.dump(socket) { entries.append($0) }
        var requests: [[UInt8]] = []
        var answers: [[UInt8]] = []
        var ends: [[UInt8]] = []
        for (index, entry) in entries.enumerated() {
            let bytes = MessageBuilder.request(
                type: ConnectionTracking.deleteType, flags: Flags.acknowledged, sequence: UInt32(index + 1),
                family: entry.original.isIPv6 ? 10 : 2
            ) { ConnectionTracking.encodeDeletion(of: entry, &$0) }
            requests.append(bytes)
            answers += try exchange(socket, bytes)
            ends.append(try receive(ended))
        }
        let again = try exchange(socket, requests[0])
        try RecordedBytes.record(
            "conntrack-destroy", "conntrack -E -e DESTROY of those of conntrack-dump", ends, .conntrack)
        try RecordedBytes.record(
            "conntrack-delete", "conntrack -D of those of conntrack-dump, and of the first again; then the answers",
            requests + [requests[0]] + answers + again, .conntrack)
    }

    @Test func `a table's sets, transactions and number`() throws {
        let (host, near, _) = try router()
        defer { host.remove() }
        try nft(KernelTakesTests.table, host)
        _ = try near.udp(#require(IPAddress("10.2.0.2")), 53, patience: 100)
        _ = try near.udp(#require(IPAddress("fd02::2")), 53, patience: 100)
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        for (name, set) in [("nft-counted", "counted"), ("nft-catchall", "anything"), ("nft-map", "ways")] {
            let request = MessageBuilder.request(
                type: RuleTable.type(13), flags: Flags.dump, sequence: 1, family: 1
            ) { RuleTable.encodeDump(of: set, table: "t", &$0) }
            try RecordedBytes.record(
                name, "nft list set inet t \(set): the request, then the answer",
                [request] + exchange(socket, request), .nftables)
        }
        let generation = MessageBuilder.request(type: RuleTable.type(16), flags: Flags.acknowledged, sequence: 7) { _ in
        }
        try RecordedBytes.record(
            "nft-generation", "NFT_MSG_GETGEN: the request, then the answer",
            [generation] + exchange(socket, generation),
            .nftables)
        let batch = KernelTakesTests.batch
        let answers = try exchange(socket, batch.bytes, acknowledgements: batch.wanted.count)
        try RecordedBytes.record(
            "nft-batch", "RuleTable.commit of one step of each kind, then the answers", [batch.bytes] + answers,
            .nftables)
        let refusals = try exchange(socket, batch.bytes, acknowledgements: 1)
        try RecordedBytes.record(
            "nft-refused", "the batch of nft-batch again: what the kernel answers", refusals, .nftables)
    }

    @Test func `what somebody takes away from a host`() throws {
        let (host, _, _) = try router()
        defer { host.remove() }
        try TestHost.run("ip", "-n", host.name, "route", "add", "10.9.0.1", "dev", "near0", "proto", "117")
        try TestHost.run("ip", "-n", host.name, "-6", "route", "add", "fd09::1", "dev", "near0", "proto", "117")
        try TestHost.run("sysctl", "-qw", "net.ipv4.conf.near0.proxy_arp=1", in: host.name)
        let socket = try NetworkNamespace.within(host.name) { try RouteSocket() }
        let steps = [
            "ip route del 10.9.0.1 dev near0", "ip -6 route del fd09::1 dev near0",
            "ip addr del 10.2.0.1/24 dev far0", "ip addr del fd02::1/64 dev far0",
            "sysctl -qw net.ipv4.conf.near0.proxy_arp=0", "sysctl -qw net.ipv4.ip_forward=0",
            "ip link set near0 down", "ip link del far0",
        ]
        var datagrams: [[UInt8]] = []
        for step in steps {
            let words = step.split(separator: " ").map(String.init)
            let run = try ChildProcess.run(words[0], Array(words.dropFirst()), namespace: host.name)
            #expect(run.exit == .code(0))
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let length = recv(socket.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
                guard length > 0 else { break }
                datagrams.append(Array(buffer[..<length]))
            }
        }
        try RecordedBytes.record("route-events", "events of: " + steps.joined(separator: "; "), datagrams, .route)
    }
}
