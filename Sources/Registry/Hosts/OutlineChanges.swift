import GRDB
import Model

/// What became in a span of VPCs, their subnets and their network ACLs.
struct OutlineChanges {
    private var vpcs = StateChanges<StoredVPC>()
    private var subnets = StateChanges<StoredSubnet>()
    private var acls: Set<String> = []
    /// Hosts to which a VPC's name may have become another in a way that only the whole policy tells.
    private(set) var inFull: Set<String> = []
    private(set) var outlines: [RevisionAmendment.Outline] = []
    /// The hosts that have interfaces in the VPC of each outline.
    private(set) var holders: [Identifier<VPC>: Set<String>] = [:]

    mutating func add(vpc id: String, before: String?, after: String?) throws {
        try vpcs.add(id, before: before, after: after)
    }

    mutating func add(subnet id: String, before: String?, after: String?) throws {
        try subnets.add(id, before: before, after: after)
    }

    /// Its rules are told with it: each change of them is one of the list.
    mutating func add(acl before: String?, after: String?) throws {
        if let body = after ?? before { acls.insert(try AmendableSpan.decode(StoredACL.self, body).vpcID) }
    }

    /// Works out the outlines as the registry stands.
    ///
    /// - Returns: false where a subnet that hosts know has another name to them, which their interfaces bear, or a VPC has something
    ///   else collected.
    mutating func draw(_ region: ServedRegion, _ number: Int, _ database: Database) throws -> Bool {
        guard vpcs.byID.values.allSatisfy({ $0.before == nil || $0.before?.collected == $0.after?.collected }) else {
            return false
        }
        let renamed = Set(vpcs.byID.filter { $1.before?.name != $1.after?.name }.keys)
        let touched = renamed.union(acls).union(
            subnets.byID.values.compactMap { ($0.after ?? $0.before)?.vpcID })
        var reads = SharedReads(number: number)
        for id in touched.sorted() {
            // In one that is made or gone nobody has interfaces, or only hosts that are told in full.
            guard let parts = try reads.vpc(id, in: database), let vpc = Identifier<VPC>(id) else { continue }
            guard namesHold(parts) else { return false }
            let hosts = try HostedInterface.hosts(where: "vpcID = ?", [id], in: database)
            if renamed.contains(id) {
                // Where several VPCs are on a host, their names are told apart there.
                inFull.formUnion(
                    hosts.intersection(try HostedInterface.hosts(where: "vpcID <> ?", [id], in: database)))
            }
            var origins: [String: Int] = [:]
            for edition in parts.aclEditions {
                origins[edition.recordID] = try reads.origin(of: edition, in: database)
            }
            let subnets = try HostPolicyReader.subnets(parts, region)
            let name = parts.stored.name.isEmpty ? id : parts.stored.name
            outlines.append(
                RevisionAmendment.Outline(
                    vpc: vpc, name: renamed.contains(id) ? name : nil, prefixes: subnets.flatMap(\.prefixes),
                    subnets: subnets, acls: parts.acls, origins: origins))
            holders[vpc] = hosts
        }
        return true
    }

    /// Whether the subnets that a VPC had before have the names that hosts knew them by.
    private func namesHold(_ parts: SharedReads.VPCParts) -> Bool {
        let untouched = parts.subnets.filter { subnets.byID[$0.id] == nil }
        let former = untouched + subnets.byID.values.compactMap(\.before).filter { $0.vpcID == parts.stored.id }
        let names = HostPolicyReader.clearNames(former.map { ($0.id, $0.name) })
        return names.allSatisfy { id, name in parts.subnetNames[id].map { $0 == name } ?? true }
    }
}
