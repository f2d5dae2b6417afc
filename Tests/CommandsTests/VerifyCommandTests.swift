import Delivery
import Foundation
import Host
import Model
import Spools
import TestSupport
import Testing

@testable import Commands

@Suite(.ownThread) struct VerifyCommandTests {
    /// Two hours of an interface without traffic, of which the first is closed.
    private func deliver(into folder: String) async throws {
        let interface = Interface(
            id: Identifier(derivedFrom: "interface"), name: "eth0", subnet: "s", addresses: [], mac: nil, device: "d",
            groups: [])
        let instance = Instance(id: Identifier(derivedFrom: "instance"), name: "i", interfaces: [interface])
        let subnet = Subnet(id: Identifier(derivedFrom: "subnet"), name: "s", prefixes: [])
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [], subnets: [subnet], groups: [],
            instances: [instance])
        let collector = Collector(
            id: Identifier(derivedFrom: "collector"), name: "all", target: .vpc("v"), bucket: "file:logs")
        let revision = Revision.none.next(
            policy: Policy(project: "p", vpcs: [vpc], collectors: [collector]), actor: "ada", origin: "",
            at: Timestamp(seconds: 0))
        let delivery = try CollectorDelivery(.init(dataFolder: folder, stateFile: "\(folder)/delivery.json"))
        let spool = try Spool(folder: "\(folder)/spool")
        for index in 0..<2 {
            let end = Timestamp(seconds: 1_793_700_000 + Int64(index) * 3600)
            var position = spool.position
            position.closed = end.nanoseconds
            try spool.commit(position)
            let source = DeliverySource(
                spool: SpoolReader(folder: "\(folder)/spool"), windowLength: .seconds(60), closedUntil: end,
                present: end, ownership: { _ in Ownership(revision.policy) })
            guard
                case .round(let round) = try DeliveryRound.next(
                    for: "file:logs", after: delivery.state["file:logs"], source)
            else { continue }
            try await delivery.deliver(round, to: "file:logs", from: source.spool, catalogue: Catalogue())
        }
    }

    @Test func `a whole copy is exit code 0, one with a hole is 3, one without a key is 1`() async throws {
        let shop = try ShopFolder()
        try await withScratchFolder { folder in
            try await deliver(into: folder)
            let words = ["verify", "\(folder)/logs", "--key", "\(folder)/manifest.key.pub"]
            let whole = try shop.run(words)
            #expect(whole.exit == .code(0))
            #expect(whole.output.isEmpty)
            #expect(
                whole.errors == "2 objects proven by 1 manifest, 0 of them stating loss; 2 without a manifest yet; "
                    + "0 findings; covered until 2026-11-03T11:00:00Z\n")
            let object = try #require(
                files(below: "\(folder)/logs").first { $0.contains("/hour=10/") && $0.hasSuffix(".gz") })
            try FileManager.default.removeItem(atPath: "\(folder)/logs/\(object)")
            let holed = try shop.run(words)
            #expect(holed.exit == .code(3))
            #expect(holed.output == "removed \(object)\n")
            let keyless = try shop.run(["verify", "\(folder)/logs", "--key", "\(folder)/none"])
            #expect(keyless.exit == .code(1))
            #expect(keyless.errors.contains("name a public key's file with --key"))
        }
    }

    @Test func `a bucket that is not there is exit code 1`() async throws {
        let shop = try ShopFolder()
        try await withScratchFolder { folder in
            try await deliver(into: folder)
            let run = try shop.run(["verify", "\(folder)/gone", "--key", "\(folder)/manifest.key.pub"])
            #expect(run.exit == .code(1))
            #expect(run.errors.contains("\(folder)/gone is not there"))
        }
    }
}
