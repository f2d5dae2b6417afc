import GRDB
import HTTPTypes
import Registry

/// `api/buckets`: the places that collectors may fill. A project sees its own and those that are for all.
struct BucketRoutes {
    let registry: Registry
    let probe: BucketProbe
    let session: Session
    let call: Call

    private var projects: [String] { [session.project?.id ?? "", ""] }

    func list() async throws -> Answer {
        let projects = projects
        let all = try await registry.read { database in
            try StoredBucket.filter(projects.contains(Column("projectID"))).order(Column("name")).fetchAll(database)
        }
        return Answer(.ok, .object(["buckets": .array(all.map(Self.describe))]))
    }

    /// Makes a bucket of the caller's project; with `shared` one for all projects.
    func create() async throws -> Answer {
        guard let body = JSON(parsing: call.body)?["bucket"], let name = body["name"]?.text, let url = body["url"]?.text
        else { throw NeutronError.badRequest("a bucket is {\"bucket\": {\"name\", \"url\"}}") }
        if let fault = probe.fault(name: name, url: url) { throw NeutronError.badRequest("bucket\(fault)") }
        guard let own = session.project?.id else {
            throw NeutronError.badRequest("a bucket belongs to a project: use a token of one")
        }
        let owner = AttributeType.flag(body["shared"] ?? .bool(false)) == true ? "" : own
        let bucket = try await registry.change(by: Actor(session, call, "bucket.create")) { change in
            try change.createBucket(StoredBucket(id: Change.newID(), projectID: owner, name: name, url: url))
        }
        return Answer(.created, .object(["bucket": Self.describe(bucket)]))
    }

    private func find(_ name: String, in database: Database) throws -> StoredBucket {
        guard let bucket = try StoredBucket.named(name, for: session.project?.id ?? "", in: database) else {
            throw RegistryError.notFound(.bucket, name)
        }
        return bucket
    }

    func delete(_ name: String) async throws -> Answer {
        try await registry.change(by: Actor(session, call, "bucket.delete")) { change in
            try change.deleteBucket(try find(name, in: change.database))
        }
        return Answer(.noContent)
    }

    /// Puts an object in and takes it away; says what failed and how to mend it.
    func test(_ name: String) async throws -> Answer {
        let bucket = try await registry.read { try find(name, in: $0) }
        let fault = await probe.fault(of: bucket)
        return Answer(
            .ok,
            .object([
                "bucket": Self.describe(bucket), "writable": .bool(fault == nil), "fault": .optional(fault),
            ]))
    }

    private static func describe(_ bucket: StoredBucket) -> JSON {
        .object([
            "id": .string(bucket.id), "name": .string(bucket.name), "url": .string(bucket.url),
            "shared": .bool(bucket.projectID.isEmpty), "created_at": .string(Work.time(bucket.createdAt)),
        ])
    }
}
