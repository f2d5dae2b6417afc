import GRDB
import Model
import Registry
import TestSupport

/// Random changes of what the VPC API alone can express.
struct VPCActions {
    let change: Change
    let choice: Int

    private func some<Object: StoredObject>(_ random: inout SplitMix64) throws -> Object {
        let all = try Object.order(Column.rowID).fetchAll(change.database)
        guard let element = all.randomElement(using: &random) else { throw RegistryError.notFound(Object.kind, "") }
        return element
    }

    func act(_ random: inout SplitMix64) throws {
        switch choice {
        case 8:
            let vpc: StoredVPC = try some(&random)
            let acl = StoredACL(id: Change.newID(), projectID: "p", vpcID: vpc.id, name: "a")
            _ = try change.createACL(acl, [rule(of: acl, &random)])
        case 9:
            let acl: StoredACL = try some(&random)
            _ = try change.addACLRule(rule(of: acl, &random), before: acl.rules.first)
        case 10: try editRule(&random)
        case 11:
            let former: StoredSubnet = try some(&random)
            let acls = try StoredACL.filter(Column("vpcID") == former.vpcID).order(Column.rowID).fetchAll(
                change.database)
            var subnet = former
            subnet.aclID = acls.randomElement(using: &random)?.id
            _ = try change.updateSubnet(subnet, from: former)
        case 12: try change.deleteACL(try some(&random))
        case 13:
            if Bool.random(using: &random) {
                try change.adopt("p", zone: "z") { "made" }
            } else {
                let former: StoredInstance = try some(&random)
                var instance = former
                instance.name = "renamed\(Int.random(in: 0..<100, using: &random))"
                _ = try change.updateInstance(instance, from: former)
            }
        case 14, 15: try makeCollector(&random)
        case 16:
            let former: StoredCollector = try some(&random)
            var collector = former
            collector.isActive.toggle()
            _ = try change.updateCollector(collector, from: former)
        case 17:
            let bucket: StoredBucket = try some(&random)
            _ = try change.openBucket(bucket, to: Bool.random(using: &random) ? ["p"] : [])
        default: try change.deleteCollector(try some(&random))
        }
    }

    /// Another name for a network, or one more subnet, or another name or none for one that is there.
    func changeNetwork(_ random: inout SplitMix64) throws {
        let former: StoredVPC = try some(&random)
        let number = Int.random(in: 0..<100, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            var vpc = former
            vpc.name = number % 5 == 0 ? "" : "net\(number % 7)"
            _ = try change.updateVPC(vpc, from: former)
        case 1:
            _ = try change.createSubnet(
                StoredSubnet(
                    id: Change.newID(), projectID: "p", vpcID: former.id, name: "s\(number % 9)", description: "",
                    cidr: "10.\(100 + number).0.0/24", gateway: nil, isDHCPEnabled: false, pools: []))
        case 2:
            let former: StoredSubnet = try some(&random)
            var subnet = former
            subnet.name = "s\(number % 9)"
            _ = try change.updateSubnet(subnet, from: former)
        default:
            let made = try StoredSubnet.filter(Column("cidr").like("%/24")).order(Column.rowID).fetchAll(
                change.database)
            if let subnet = made.randomElement(using: &random) { try change.deleteSubnet(subnet) }
        }
    }

    private func rule(of acl: StoredACL, _ random: inout SplitMix64) -> StoredACLRule {
        StoredACLRule(
            projectID: "p", aclID: acl.id, name: "r", action: "deny", direction: "ingress",
            protocolText: Bool.random(using: &random) ? "tcp" : nil)
    }

    private func editRule(_ random: inout SplitMix64) throws {
        let former: StoredACLRule = try some(&random)
        guard Bool.random(using: &random) else { return try change.deleteACLRule(former) }
        var rule = former
        rule.source = "10.\(Int.random(in: 0..<9, using: &random)).0.0/16"
        _ = try change.updateACLRule(rule, from: former, place: .last)
    }

    private func makeCollector(_ random: inout SplitMix64) throws {
        let buckets = try StoredBucket.fetchAll(change.database)
        let bucket =
            try buckets.first
            ?? change.createBucket(StoredBucket(id: Change.newID(), projectID: "other", name: "logs", url: "file:logs"))
        let target: (kind: Kind, id: String)
        let vpcID: String
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
            let vpc: StoredVPC = try some(&random)
            (target, vpcID) = ((.vpc, vpc.id), vpc.id)
        case 1:
            let subnet: StoredSubnet = try some(&random)
            (target, vpcID) = ((.subnet, subnet.id), subnet.vpcID)
        case 2:
            let instance: StoredInstance = try some(&random)
            (target, vpcID) = ((.instance, instance.id), instance.vpcID)
        default:
            let interface: StoredInterface = try some(&random)
            (target, vpcID) = ((.interface, interface.id), interface.vpcID)
        }
        _ = try change.createCollector(
            StoredCollector(
                id: Change.newID(), projectID: "p", vpcID: vpcID, name: "c", target: target, bucketID: bucket.id))
    }
}
