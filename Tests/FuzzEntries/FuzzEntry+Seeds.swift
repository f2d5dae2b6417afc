import Capture
import Foundation
import Host
import Link
import Model
import Spools

extension FuzzEntry {
    /// Bytes that are right, to begin with.
    package func seeds() throws -> [[UInt8]] {
        switch self {
        case .packets: try Self.recorded("nflog-")
        case .connections: try Self.recorded("conntrack-")
        case .sets: try Self.recorded("nft-")
        case .routes: try Self.recorded("route-")
        case .answers: try Self.recorded("")
        case .records: [Self.records(3)]
        case .spool: [try Self.segment()]
        case .snapshot: [Self.snapshot()]
        case .control: try Self.messages()
        case .parquet: try ParquetFeeder.seeds()
        case .capture: CaptureFeeder.seeds()
        case .exports: ExportFeeder.seeds()
        }
    }

    private static func recorded(_ prefix: String) throws -> [[UInt8]] {
        try RecordedBytes.names().filter { $0.hasPrefix(prefix) }.flatMap { try RecordedBytes($0).datagrams }
    }

    private static func record(_ number: UInt64) -> FlowRecord {
        let address = { (last: UInt64) in
            number % 2 == 0 ? IPAddress(ipv4: UInt32(last)) : IPAddress(ipv6High: 0xfd00_0000_0000_0000, low: last)
        }
        var record = FlowRecord(
            windowStart: Timestamp(nanoseconds: 60_000_000_000), windowEnd: Timestamp(nanoseconds: 120_000_000_000),
            start: Timestamp(nanoseconds: 61_000_000_000), end: Timestamp(nanoseconds: 119_000_000_000),
            connectionStart: Timestamp(nanoseconds: 61_000_000_000), connection: number,
            interface: Identifier(derivedFrom: "interface", "\(number)"), direction: .egress, verdict: .accept,
            stage: .group, rule: Identifier(derivedFrom: "rule", "\(number)"), revision: 7,
            key: FlowKey(
                initiator: address(number), target: address(number + 1), transport: .tcp, initiatorPort: 40_000,
                targetPort: 443), detail: .full, state: .new, fromInitiator: Traffic(packets: 3, bytes: 300),
            fromTarget: Traffic(packets: 2, bytes: 2000), cumulativeFromInitiator: Traffic(packets: 3, bytes: 300),
            cumulativeFromTarget: Traffic(packets: 2, bytes: 2000))
        record.sequence = number
        return record
    }

    private static func records(_ count: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        for number in 0..<count { RecordCodec.encode(record(number), into: &bytes) }
        return bytes
    }

    /// A segment with two batches: records, a loss, and their commits.
    private static func segment() throws -> [UInt8] {
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-seed-\(UUID().uuidString)"
        defer { _ = try? FileManager.default.removeItem(atPath: folder) }
        let spool = try Spool(folder: folder)
        for number in 0..<2 as Range<UInt64> { spool.append(record(number)) }
        var position = Spool.Position()
        position.closed = 60_000_000_000
        try spool.commit(position)
        spool.append(
            LossStatement(
                interface: Identifier(derivedFrom: "interface", "1"), way: .out, reason: .noRoom,
                traffic: Traffic(packets: 1, bytes: 60), since: Timestamp(nanoseconds: 0),
                until: Timestamp(nanoseconds: 1)))
        spool.append(record(2))
        try spool.commit(position)
        return try DurableFile.read("\(folder)/\(Spool.name(1))") ?? []
    }

    private static func snapshot() -> [UInt8] {
        var books = Books()
        books.record(record(1))
        return Snapshot.encode(next: 9, bootID: "boot", books: books, sessions: 2) { each in
            each(1, RecordedSession(original: Traffic(packets: 1, bytes: 2)))
            each(2, RecordedSession(original: Traffic(packets: 3, bytes: 4), isEnded: true))
        }
    }

    private static func policy() throws -> Policy {
        let rules = [
            Rule(
                id: Identifier(derivedFrom: "rule", "1"), direction: .ingress,
                service: .transport(.tcp, PortRange(80, 443)), remote: .prefix(try IPPrefix(parsing: "10.0.0.0/8"))),
            Rule(
                id: Identifier(derivedFrom: "rule", "2"), direction: .ingress,
                service: .icmp(.icmp, type: 8, code: 0), remote: .group("web")),
        ]
        let subnet = Subnet(
            id: Identifier(derivedFrom: "subnet"), name: "all", prefixes: [try IPPrefix(parsing: "10.1.1.0/24")])
        let instance = Instance(
            id: Identifier(derivedFrom: "instance"), name: "web",
            interfaces: [
                Interface(
                    id: Identifier(derivedFrom: "interface"), name: "eth0", subnet: "all",
                    addresses: [IPAddress(ipv4: 0x0a01_010a)], mac: nil, device: "tap0", groups: ["web"])
            ])
        let group = SecurityGroup(id: Identifier(derivedFrom: "group"), name: "web", rules: rules)
        return Policy(
            project: "shop",
            vpcs: [
                VPC(
                    id: Identifier(derivedFrom: "vpc"), name: "shop", prefixes: subnet.prefixes, subnets: [subnet],
                    groups: [group], instances: [instance])
            ])
    }

    private static func messages() throws -> [[UInt8]] {
        let now = Timestamp(nanoseconds: 1)
        let receipt = Receipt(
            revision: 1, host: "h", actor: "a", appliedAt: now, method: "rules", microseconds: 1, cutSessions: 0,
            missingDevices: ["tap0"])
        let revision = Revision(number: 1, madeAt: now, actor: "a", origin: "o", policy: try policy(), ruleOrigins: [:])
        return [
            try ControlCodec.encode(ControlRequest.adopt(revision: revision, sessions: .cutAfter(seconds: 1.5))),
            try ControlCodec.encode(ControlRequest.status), try ControlCodec.encode(ControlResponse.receipt(receipt)),
            try ControlCodec.encode(ControlResponse.status(AgentStatus())),
            try ControlCodec.encode(HostMessage.revision(revision)),
            try ControlCodec.encode(HostReceipt.failed(revision: 1, "why")),
        ]
    }
}
