import GRDB
import HTTPTypes
import Registry

/// `flow_log_collectors`: where the flow records of a VPC, subnet, instance or interface go.
struct Collectors {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        switch (request.call.method, path.count) {
        case (.get, 0): return try await list()
        case (.post, 0): return try await create()
        case (.get, 1): return try await show(path[0])
        case (.patch, 1): return try await update(path[0])
        case (.delete, 1): return try await delete(path[0])
        default: throw VPCError.routeMissing
        }
    }

    /// With `gatehouse.interface=ID` only the collector that has that interface's records.
    private func list() async throws -> Answer {
        try await request.permit("get_flow_log_collector")
        let pagination = try Pagination(request.call, "flow_log_collectors")
        let filter = VPCFilter(request.call)
        let interface = request.call.values("gatehouse.interface").first
        return try await request.read { view in
            let coverage = try interface.map { id in
                try CollectorCoverage(of: try view.find(id, as: StoredInterface.self), in: view.database)
            }
            let all = try view.own(StoredCollector.self).fetchAll(view.database).filter { collector in
                guard coverage.map({ $0.owner?.id == collector.id }) ?? true else { return false }
                let target = try view.target(of: collector)
                return filter.admits(try view.vpc(collector.vpcID), view) && filter.admits(name: collector.name)
                    && filter.admitsResourceGroup(view) && filter.admits(target: collector.targetID, type: target.type)
            }
            let page = pagination.page(all)
            let rendered = try page.items.map { try view.render($0, coverage) }
            return Answer(.ok, pagination.body(rendered, page, request.call))
        }
    }

    private func create() async throws -> Answer {
        try await request.permit("create_flow_log_collector")
        let body = try request.body()
        let named = try bucketName(body)
        let bucket = try await request.read { view in
            try StoredBucket.named(named.name, for: request.project.id, in: view.database)
        }
        // The disk is asked before the change, which others wait for.
        let fault = bucket.map { request.service.probe.fault(of: $0) } ?? "there is no such bucket"
        if let fault {
            throw VPCError.field(
                .serviceError, named.field, "Bucket \(named.name) cannot be used: \(fault).",
                value: .string(named.name))
        }
        return try await request.change("flow_log_collector.create") { change, view in
            try view.checkResourceGroup(body)
            guard let bucket = try StoredBucket.named(named.name, for: request.project.id, in: view.database) else {
                throw VPCError.field(.serviceError, named.field, "Bucket \(named.name) cannot be used: it is gone.")
            }
            let target = try view.target(try body.requiredObject("target"))
            let taken = try StoredCollector.filter(Column("vpcID") == target.vpcID).fetchAll(view.database)
            let collector = try change.createCollector(
                StoredCollector(
                    id: Change.newID(), projectID: request.project.id, vpcID: target.vpcID,
                    name: try view.newName(body, among: taken.map(\.name)), target: (target.kind, target.id),
                    bucketID: bucket.id, isActive: try body.flag("active") ?? true,
                    includesAllProtocols: try body.object("gatehouse")?.flag("all_protocols") ?? false))
            return Answer(.created, .object(try view.render(collector, nil)))
        }
    }

    private func bucketName(_ body: BodyObject) throws(VPCError) -> (name: String, field: String) {
        let bucket = try body.requiredObject("storage_bucket")
        guard bucket.has("name") != bucket.has("crn") else {
            throw .field(.onlyOne, "storage_bucket", "storage_bucket: exactly one of name, crn is wanted.")
        }
        if let name = try bucket.text("name") { return (name, bucket.name("name")) }
        let crn = try bucket.requiredText("crn")
        return (String(crn.split(separator: ":").last ?? ""), bucket.name("crn"))
    }

    private func show(_ id: String) async throws -> Answer {
        try await request.permit("get_flow_log_collector")
        return try await request.read { view in
            Answer(.ok, .object(try view.render(try view.find(id, as: StoredCollector.self), nil)))
        }
    }

    private func update(_ id: String) async throws -> Answer {
        try await request.permit("update_flow_log_collector")
        let body = try request.patch()
        for key in ["target", "storage_bucket"] where body.has(key) {
            throw VPCError.field(.badField, key, "\(key): it never changes; make another collector.")
        }
        return try await request.change("flow_log_collector.update") { change, view in
            let former = try view.find(id, as: StoredCollector.self)
            var collector = former
            let others = {
                try StoredCollector.filter(Column("vpcID") == former.vpcID).fetchAll(view.database).map(\.name)
            }
            collector.name = try view.changedName(body, from: former.name, among: others) ?? former.name
            collector.isActive = try body.flag("active") ?? former.isActive
            collector.includesAllProtocols =
                try body.object("gatehouse")?.flag("all_protocols") ?? former.includesAllProtocols
            return Answer(.ok, .object(try view.render(try change.updateCollector(collector, from: former), nil)))
        }
    }

    private func delete(_ id: String) async throws -> Answer {
        try await request.permit("delete_flow_log_collector")
        return try await request.change("flow_log_collector.delete") { change, view in
            try change.deleteCollector(try view.find(id, as: StoredCollector.self))
            return Answer(.noContent)
        }
    }
}
