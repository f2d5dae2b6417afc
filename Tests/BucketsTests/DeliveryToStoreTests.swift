import Delivery
import Foundation
import Host
import Model
import Spools
import TestSupport
import Testing

@testable import Buckets

/// Delivery into a real object store, with whatever lies in between misbehaving.
@Suite(.objectStore) struct DeliveryToStoreTests {
    private static let interface = Identifier<Interface>(derivedFrom: "interface")

    private func revision(_ bucket: String) -> Revision {
        let interface = Interface(
            id: Self.interface, name: "eth0", subnet: "s", addresses: [], mac: nil, device: "d", groups: [])
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [],
            subnets: [Subnet(id: Identifier(derivedFrom: "subnet"), name: "s", prefixes: [])], groups: [],
            instances: [Instance(id: Identifier(derivedFrom: "instance"), name: "i", interfaces: [interface])])
        let collector = Collector(
            id: Identifier(derivedFrom: "collector"), name: "all", target: .vpc("v"), bucket: bucket)
        return Revision.none.next(
            policy: Policy(project: "p", vpcs: [vpc], collectors: [collector]), actor: "ada", origin: "",
            at: Timestamp(seconds: 0))
    }

    /// Closes a window with one record; of the second a loss is stated.
    private func close(_ index: Int, _ spool: Spool) throws -> Timestamp {
        let start = Timestamp(seconds: 1_793_699_940 + Int64(index) * 1200)
        let end = start.advanced(by: .seconds(60))
        let one = Traffic(packets: 1, bytes: 60)
        spool.append(
            FlowRecord(
                windowStart: start, windowEnd: end, start: start, end: start, connectionStart: start, connection: 1,
                interface: Self.interface, direction: .egress, verdict: .accept, stage: .group,
                rule: Identifier(derivedFrom: "rule"), revision: 1,
                key: FlowKey(
                    initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 3,
                    targetPort: 4), state: .ended, fromInitiator: one, fromTarget: one, cumulativeFromInitiator: one,
                cumulativeFromTarget: one))
        if index == 1 {
            spool.append(
                LossStatement(
                    interface: Self.interface, way: .out, reason: .notListening, traffic: one, since: start, until: end)
            )
        }
        var position = spool.position
        position.closed = end.nanoseconds
        try spool.commit(position)
        return end
    }

    private func findings(_ bucket: S3Bucket, _ folder: String) async throws -> [BucketVerification.Finding] {
        let text = String(decoding: try bytes("\(folder)/manifest.key.pub"), as: UTF8.self)
        return try await BucketVerification(bucket, keys: [try #require(ManifestKey.Public(text))]).run().findings
    }

    @Test func `four hours are there once, told by metadata and proven by manifests, through every fault`() async throws
    {
        try await withScratchFolder { folder in
            try await ObjectStore.withBucket { store, direct, name async throws in
                let faults = (0..<60).map {
                    ["ok", "lost", "ok", "slow-down", "reset-request", "internal-error", "reset-answer"][$0 % 7]
                }
                let proxy = try await MisbehavingProxy(before: store, faults: faults)
                let (access, secret) = (store.credentials.accessKey, store.credentials.secretKey)
                try DurableFile.makeFolder("\(folder)/credentials", mode: 0o700)
                try DurableFile.replace(
                    "\(folder)/credentials/lab", with: Array("access_key = \(access)\nsecret_key = \(secret)\n".utf8),
                    mode: 0o600)
                let location = "s3://\(name)?endpoint=\(proxy.endpoint)&region=\(store.region)&credentials=lab"
                let revision = revision(location)
                let delivery = try CollectorDelivery(.init(dataFolder: folder, stateFile: "\(folder)/delivery.json"))
                let spool = try Spool(folder: "\(folder)/spool")
                for index in 0..<10 {
                    let end = try close(index, spool)
                    let source = DeliverySource(
                        spool: SpoolReader(folder: "\(folder)/spool"), windowLength: .seconds(60), closedUntil: end,
                        present: end, ownership: { _ in Ownership(revision.policy) })
                    for attempt in 1... {
                        do {
                            guard
                                case .round(let round) = try DeliveryRound.next(
                                    for: location, after: delivery.state[location], source)
                            else { break }
                            try await delivery.deliver(
                                round, to: location, from: source.spool, catalogue: Catalogue())
                            break
                        } catch let error as DeliveryError {
                            guard case .bucket(let refusal) = error, refusal.isTransient, attempt < 10 else {
                                throw error
                            }
                        }
                    }
                }
                await delivery.close()
                _ = try proxy.stop()
                let objects = try await direct.list(prefix: "ibm_vpc_flowlogs_v1/").map(\.key)
                #expect(objects.count == 20)
                let lossy = try #require(objects.first { $0.contains("record-type=egress") && $0.hasSuffix("1.gz") })
                let fields = try #require(try await direct.metadata(of: lossy))
                #expect(fields["state"] == "skip data")
                #expect(fields["number_of_flow_logs"] ?? fields["number-of-flow-logs"] == "1")
                #expect(try await direct.list(prefix: "manifests/").count == 3)
                #expect(try await findings(direct, folder).isEmpty)
                try await direct.delete(lossy)
                #expect(try await findings(direct, folder) == [.removed(key: lossy)])
            }
        }
    }
}
