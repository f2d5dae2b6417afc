import HTTPTypes
import Model
import Registry
import Service

/// `flow_log_collectors`: where the flow records of a VPC, subnet, instance or interface go.
struct Collectors: VPCResource, VPCCollection {
    static let path = "flow_log_collectors"
    let request: VPCRequest
    let noun = "flow_log_collector"
    let collection = "flow_log_collectors"

    /// With `gatehouse.interface=ID` only the collector that has that interface's records.
    func objects(_ filter: VPCFilter, _ view: ProjectView) throws -> [StoredCollector] {
        let coverage = try coverage(view)
        return try view.own(StoredCollector.self).filter { collector in
            guard coverage.map({ $0.owner?.id == collector.id }) ?? true else { return false }
            let type = try view.target(of: collector).type
            return filter.admits(try view.vpc(collector.vpcID), view) && filter.admits(name: collector.name)
                && filter.admits(target: collector.targetID, type: type)
        }
    }

    private func coverage(_ view: ProjectView) throws -> CollectorCoverage? {
        try request.call.values("gatehouse.interface").first.map { id in
            try CollectorCoverage(of: try view.find(id, as: StoredInterface.self), in: view.database)
        }
    }

    func render(_ collector: StoredCollector, _ view: ProjectView) throws -> JSONObject {
        try view.render(collector, try coverage(view))
    }

    /// The disk is asked before the change, which others wait for: a folder is that of the hosts that will fill it.
    func prepare(_ body: BodyObject) async throws {
        let named = try bucketName(body)
        let (bucket, hosts): (StoredBucket, [String]) = try await request.read { view in
            let bucket = try self.bucket(named, view)
            // What is wrong with the target is told when the collector is made, after what is wrong with the bucket.
            guard bucket.isFolder, let body = try? body.object("target"), let target = try? view.target(body) else {
                return (bucket, [])
            }
            return (bucket, try StoredBucket.hosts(inVPC: target.vpcID, in: view.database))
        }
        let outcomes = await request.ground.bucketTests.outcomes(of: bucket, at: hosts).filter { $0.outcome != .silent }
        for outcome in outcomes {
            if case .fault(let fault) = outcome.outcome { throw refusal(of: named, "host \(outcome.host): \(fault)") }
        }
        guard outcomes.isEmpty, let fault = await request.ground.probe.fault(of: bucket) else { return }
        throw refusal(of: named, fault)
    }

    /// The bucket that a body names, as far as the project may fill it.
    private func bucket(_ named: BucketName, _ view: ProjectView) throws -> StoredBucket {
        let bucket = try StoredBucket.named(
            named.name, for: request.project.id, owner: named.owner, in: view.database)
        guard let bucket else {
            let project = request.project.name
            throw refusal(
                of: named,
                "there is none of this name that project \(project) may fill; make one, or have the owner of one open it "
                    + "to the project: gatehouse bucket allow \(named.name.prefix(63)) \(project)")
        }
        return bucket
    }

    private func refusal(of named: BucketName, _ fault: String) -> VPCError {
        .field(
            .serviceError, named.field, "Bucket \(named.name.prefix(63)) cannot be used: \(fault).",
            value: .string(String(named.name.prefix(63))))
    }

    /// How a body names a bucket: by its name, or by a CRN `crn:…:a/PROJECT::bucket:NAME`.
    private struct BucketName {
        let name: String
        /// The project in the CRN.
        let owner: String?
        let field: String
    }

    private func bucketName(_ body: BodyObject) throws(VPCError) -> BucketName {
        let bucket = try body.requiredObject("storage_bucket")
        guard bucket.has("name") != bucket.has("crn") else {
            throw .field(.onlyOne, "storage_bucket", "storage_bucket: exactly one of name, crn is wanted.")
        }
        if let name = try bucket.text("name") { return BucketName(name: name, owner: nil, field: bucket.name("name")) }
        let parts = try bucket.requiredText("crn").split(separator: ":", omittingEmptySubsequences: false)
        let account = parts.count > 6 && parts[6].hasPrefix("a/") ? String(parts[6].dropFirst(2)) : nil
        return BucketName(name: String(parts.last ?? ""), owner: account, field: bucket.name("crn"))
    }

    func create(_ body: BodyObject, _ change: Change, _ view: ProjectView) throws -> StoredCollector {
        let bucket = try bucket(try bucketName(body), view)
        let target = try view.target(try body.requiredObject("target"))
        let own = try body.object("gatehouse")
        return try change.createCollector(
            StoredCollector(
                id: Change.newID(), projectID: request.project.id, vpcID: target.vpcID,
                name: try view.newName(body, among: try names(in: target.vpcID, view)),
                target: (target.kind, target.id),
                bucketID: bucket.id, isActive: try body.flag("active") ?? true,
                format: try own?.flowLogFormat() ?? .ibm, interval: try own?.interval() ?? Collector.defaultInterval))
    }

    private func names(in vpcID: String, _ view: ProjectView) throws -> [String] {
        try view.own(StoredCollector.self).filter { $0.vpcID == vpcID }.map(\.name)
    }

    func update(
        _ former: StoredCollector, _ body: BodyObject, _ change: Change, _ view: ProjectView
    ) throws -> StoredCollector {
        for key in ["target", "storage_bucket"] where body.has(key) {
            throw VPCError.field(.badField, key, "\(key): it never changes; make another collector.")
        }
        var collector = former
        let others = { try names(in: former.vpcID, view) }
        collector.name = try view.changedName(body, from: former.name, among: others) ?? former.name
        collector.isActive = try body.flag("active") ?? former.isActive
        if let own = try body.object("gatehouse") {
            collector.flowLogFormat = try own.flowLogFormat(from: former.flowLogFormat)
            collector.interval = try own.interval() ?? former.interval
        }
        return try change.updateCollector(collector, from: former)
    }

    func delete(_ collector: StoredCollector, _ change: Change, _ view: ProjectView) throws {
        try change.deleteCollector(collector)
    }
}
