import Buckets
import Delivery
import Foundation
import Gzip
import Host
import Link
import Model
import Rehearsal
import Spools
import Synchronization
import TestSupport
import Testing

/// kill -9 of agent and server at random instants, from the first packet to the object and the server's copy.
///
/// `make kill-runs` does it 250 times.
@Suite(.serialized) struct KillRunTests {
    private static let runs = Int(ChildProcess.inheritedEnvironment()["GATEHOUSE_KILL_RUNS"] ?? "") ?? 24

    @Test(.kernel) func `every record is in one object and at the server, whoever was killed when`() async throws {
        let fleet = try Fleet("kr")
        defer { fleet.remove() }
        try fleet.startServer()
        let host = try fleet.addHost("host-1", windowSeconds: 1)
        let ports = try prepare(fleet, host)
        let seed = UInt64.random(in: .min ... .max)
        var random = SplitMix64(seed: seed)
        let traffic = Traffic(host)
        for _ in 0..<Self.runs {
            // Anywhere: while it starts, records, closes a window, delivers or ships.
            let deadline = SystemClock.monotonic + Int64.random(in: 0...700, using: &random) * 1_000_000
            while SystemClock.monotonic < deadline {
                if random.chance(30) { _ = try? AgentClient(host.folder).ask(.flush) }
                _ = try Polling.wait([], timeoutNanoseconds: 20_000_000)
            }
            if random.chance(20) {
                try fleet.killServer()
                try fleet.startServer()
            } else {
                host.supervisor.process?.kill()
                try eventually("the agent's end") { try host.supervisor.look() != nil }
                try host.supervisor.start()
            }
        }
        try AgentClient(host.folder).waitUntilReady(seconds: 240)
        let sent = try traffic.stop()
        // Sessions that rest are ended, so that nothing is open any more.
        _ = try TestHost.run("conntrack", "-F", in: host.host.name, mayFail: true)
        guard case .books(let books) = try AgentClient(host.folder).ask(.books(settleSeconds: 30)) else {
            throw Fleet.Unexpected(description: "no books")
        }
        #expect(books.isBalanced, "seed \(seed): \(books.lines)")
        #expect(books.lines.allSatisfy { $0.lost.isZero }, "seed \(seed): \(books.lines)")
        let (spooled, left) = try records(host, of: ports)
        #expect(left == sent, "seed \(seed)")
        do {
            try eventually("all records in objects") {
                _ = try AgentClient(host.folder).ask(.flush)
                return try delivered(host).count >= spooled.count
            }
        } catch {
            let status = try AgentClient(host.folder).ask(.status)
            Issue.record("seed \(seed): \(try delivered(host).count) of \(spooled.count) records; \(status)")
        }
        let objects = try delivered(host)
        #expect(Set(objects).count == objects.count, "seed \(seed): a record is twice in objects")
        #expect(Set(objects) == Set(spooled), "seed \(seed)")
        try expectCopies(fleet, host)
        try await expectProof(host)
        print("kill runs: \(Self.runs), \(sent) packets, \(objects.count) records, seed \(seed)")
    }

    private func prepare(_ fleet: Fleet, _ host: FleetHost) throws -> [String] {
        let network = try fleet.make("networks", "network", #"{"name": "net"}"#)
        _ = try fleet.make(
            "subnets", "subnet", #"{"network_id": "\#(network)", "cidr": "10.9.0.0/24", "ip_version": 4}"#)
        let open = try fleet.make("security-groups", "security_group", #"{"name": "open"}"#)
        _ = try fleet.make(
            "security-group-rules", "security_group_rule",
            #"{"security_group_id": "\#(open)", "direction": "ingress", "protocol": "udp", "port_range_min": 7000, "port_range_max": 7499}"#
        )
        let ports = try ["10.9.0.11", "10.9.0.12"].enumerated().map {
            try fleet.addPort("g\($0 + 1)", group: open, network: network, host: host, address: $1)
        }
        try fleet.call("POST", "/api/buckets", #"{"bucket": {"name": "flowlogs", "url": "file:flowlogs"}}"#)
        try fleet.call(
            "POST", "/v1/flow_log_collectors?version=2026-10-06&generation=2",
            #"{"target": {"id": "\#(network)"}, "storage_bucket": {"name": "flowlogs"}, "gatehouse": {"format": "ibm+", "interval": 60}}"#
        )
        try fleet.inForce()
        return ports
    }

    /// Numbers of the records that objects must hold, and how many packets left the sender by all records.
    private func records(_ host: FleetHost, of ports: [String]) throws -> (sequences: [UInt64], left: UInt64) {
        var sequences: [UInt64] = []
        var left: UInt64 = 0
        try SpoolReader(folder: host.folder.spool).forEach { item in
            guard case .record(let record) = item, ports.contains(record.interface.description) else { return }
            if record.interface.description == ports[0], record.direction == .egress {
                left += record.fromInitiator.packets
            }
            let isEmpty = record.fromInitiator.packets == 0 && record.fromTarget.packets == 0
            if !isEmpty, record.detail != .total { sequences.append(record.sequence) }
        }
        return (sequences, left)
    }

    private func delivered(_ host: FleetHost) throws -> [UInt64] {
        let folder = host.folder.path + "/flowlogs"
        return try files(below: folder).filter { $0.hasSuffix(".gz") && $0.hasPrefix("ibm_") }.flatMap { path in
            let content = try Gzip.decompress(try bytes("\(folder)/\(path)"), limit: 1 << 26)
            let object = try #require(try JSONSerialization.jsonObject(with: Data(content)) as? [String: Any])
            let logs = try #require(object["flow_logs"] as? [[String: Any]])
            #expect(object["state"] as? String == "ok", "\(path)")
            return logs.compactMap { (($0["gatehouse"] as? [String: Any])?["sequence"] as? NSNumber)?.uint64Value }
        }
    }

    /// The server has the host's spool and its event log, byte for byte.
    private func expectCopies(_ fleet: Fleet, _ host: FleetHost) throws {
        let copy = "\(fleet.folder)/server/hosts/host-1"
        try expectCopy("\(copy)/events.jsonl") {
            // In a long run the log is set aside; the server has all of it as one file.
            try LogGenerations(host.folder.eventsJSON).files().flatMap { try DurableFile.read($0.path) ?? [] }
        }
        for name in try DurableFile.list(host.folder.spool) {
            try expectCopy("\(copy)/spool/\(name)") { try DurableFile.read("\(host.folder.spool)/\(name)") ?? [] }
        }
    }

    private func expectCopy(_ copy: String, _ original: () throws -> [UInt8]) throws {
        var (wanted, found): ([UInt8], [UInt8]) = ([], [])
        var difference: String {
            let place = zip(wanted, found).enumerated().first { $0.element.0 != $0.element.1 }?.offset
            return "\(wanted.count) bytes here, \(found.count) at the server, the first other one \(place ?? -1)"
        }
        try eventually("\(copy) to be the host's: \(difference)", every: 200) {
            (wanted, found) = (try original(), try DurableFile.read(copy) ?? [])
            return wanted == found
        }
    }

    /// Manifests agree with the bucket; they are there when the run has gone from one hour into the next.
    private func expectProof(_ host: FleetHost) async throws {
        let folder = host.folder.path
        let bucket = FolderBucket(root: "\(folder)/flowlogs", createsRoot: false)
        // The key is made with the first manifest.
        guard let text = try? bytes("\(folder)/manifest.key.pub") else { return }
        let key = try #require(ManifestKey.Public(String(decoding: text, as: UTF8.self)))
        let report = try await BucketVerification(bucket, keys: [key]).run()
        #expect(report.findings == [])
        print("kill runs: \(report.manifests) manifests prove \(report.proven) objects")
    }
}

/// UDP sessions from the first guest to the second, allowed and refused, until it is told to stop.
private final class Traffic: Sendable {
    private let isStopping = Mutex(false)
    private let sent = Mutex<Result<UInt64, any Error>>(.success(0))
    private let done = DispatchSemaphore(value: 0)

    init(_ host: FleetHost) {
        let (space, guest) = (host.host.name, host.guests["g1"]?.namespace ?? "")
        Thread.detachNewThread { [self] in
            let result = Result { try send(space, guest) }
            sent.withLock { $0 = result }
            done.signal()
        }
    }

    private func send(_ space: String, _ guest: String) throws -> UInt64 {
        let mac = MACAddress(bits: try NetworkNamespace.within(space) { try NetworkDevices.linkAddress("gh-g1") })
        var total: UInt64 = 0
        while !isStopping.withLock({ $0 }) {
            var storm = Storm(
                from: IPAddress(ipv4: 0x0a09_000b), to: IPAddress(ipv4: 0x0a09_000c), via: mac, packets: 100)
            storm.sourcePorts = 1024...50_000
            storm.targetPorts = 7000...7999
            storm.first = total
            storm.rate = 500
            storm.seconds = 5
            total += UInt64(try storm.send(from: guest))
        }
        return total
    }

    /// How many packets were sent.
    func stop() throws -> UInt64 {
        isStopping.withLock { $0 = true }
        done.wait()
        return try sent.withLock { $0 }.get()
    }
}
