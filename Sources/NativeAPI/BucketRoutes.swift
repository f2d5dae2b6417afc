import Buckets
import HTTPTypes
import Registry
import Service

/// `api/buckets`: the places that collectors may fill. A project sees its own, those that are for all, and those that another
/// project has opened to it.
struct BucketRoutes {
    private let registry: Registry
    private let probe: BucketProbe
    private let bucketTests: HostBucketTests
    private let session: Session
    private let call: Call
    /// Whether the caller may manage buckets of other projects too.
    private let isAdministrator: Bool

    static let routes = [
        NativeRoute(
            method: .get, path: "/buckets", right: "get_bucket",
            summary: "The buckets that the caller's project may use."
        ) { try await BucketRoutes($0).list() },
        NativeRoute(
            method: .post, path: "/buckets", right: "create_bucket",
            summary: "Makes a bucket of the caller's project, or one for all projects.",
            body: "{\"bucket\": {\"name\": \"flowlogs\", \"url\": \"file:flowlogs\", \"shared\": false}}"
        ) { try await BucketRoutes($0).create() },
        NativeRoute(
            method: .patch, path: "/buckets/{name}", right: "update_bucket",
            summary: "Says which other projects may fill a bucket, by name or id; tells which collectors that stops.",
            body: "{\"bucket\": {\"projects\": [\"rival\"]}}"
        ) { try await BucketRoutes($0).update($0.value("name")) },
        NativeRoute(
            method: .delete, path: "/buckets/{name}", right: "delete_bucket",
            summary: "Forgets a bucket that no collector fills."
        ) { try await BucketRoutes($0).delete($0.value("name")) },
        NativeRoute(
            method: .post, path: "/buckets/{name}/test", right: "test_bucket",
            summary: "Has the hosts that fill a bucket put an object in and take it away; says what failed."
        ) { try await BucketRoutes($0).test($0.value("name")) },
    ]

    init(_ request: NativeRequest) {
        registry = request.registry
        probe = request.ground.probe
        bucketTests = request.ground.hosts.bucketTests
        session = request.session
        call = request.call
        isAdministrator = request.allows("create_bucket")
    }

    private var own: String { session.project?.id ?? "" }

    func list() async throws -> Answer {
        let own = own
        let all = try await registry.read { database in
            try StoredBucket.byName(in: database).filter { $0.admits(own) }
                .map { try describe($0, in: database) }
        }
        return Answer(.ok, .object(["buckets": .array(all)]))
    }

    /// Makes a bucket of the caller's project; with `shared` one for all projects.
    func create() async throws -> Answer {
        guard let body = try call.document()["bucket"], let name = body["name"]?.text, let url = body["url"]?.text
        else { throw Refusal.badRequest("a bucket is {\"bucket\": {\"name\", \"url\"}}") }
        let credentials = try credentials(body)
        let fault = BucketProbe.fault(
            name: name, url: url, dataFolder: probe.dataFolder, hasCredentials: credentials != nil)
        if let fault { throw Refusal.badRequest("bucket\(fault)") }
        guard let own = session.project?.id else {
            throw Refusal.badRequest("a bucket belongs to a project: use a token of one")
        }
        let owner = (body["shared"] ?? .bool(false)).flag == true ? "" : own
        let id = Change.newID()
        let sealed = try credentials.map { try probe.secrets.seal($0, of: id) }
        let bucket = try await registry.change(by: Actor(session, call, "bucket.create")) { change in
            let bucket = try change.createBucket(
                StoredBucket(id: id, projectID: owner, name: name, url: url), sealed: sealed)
            return try describe(bucket, in: change.database)
        }
        return Answer(.created, .object(["bucket": bucket]))
    }

    /// The keys in a body, which no answer tells again.
    private func credentials(_ body: JSON) throws -> Credentials? {
        let (access, secret, token) = (body["access_key"], body["secret_key"], body["session_token"])
        guard access != nil || secret != nil || token != nil else { return nil }
        guard let accessKey = access?.text, let secretKey = secret?.text, !accessKey.isEmpty, !secretKey.isEmpty,
            token == nil || token?.text != nil
        else {
            throw Refusal.badRequest("bucket.access_key, bucket.secret_key: both are wanted, as texts")
        }
        return Credentials(accessKey: accessKey, secretKey: secretKey, sessionToken: token?.text)
    }

    /// What of a bucket can change: which projects it is open to, or its credentials.
    func update(_ name: String) async throws -> Answer {
        guard let body = try call.document()["bucket"], let credentials = try credentials(body) else {
            return try await open(name)
        }
        guard body["projects"] == nil else {
            throw Refusal.badRequest("bucket.projects: change projects and credentials one after the other")
        }
        let former = try await registry.read { try managed(name, in: $0) }
        let fault = BucketProbe.fault(
            name: former.name, url: former.url, dataFolder: probe.dataFolder, hasCredentials: true)
        if let fault { throw Refusal.badRequest("bucket\(fault)") }
        guard isAdministrator else { throw Refusal.forbidden("update_bucket") }
        let sealed = try probe.secrets.seal(credentials, of: former.id)
        let bucket = try await registry.change(by: Actor(session, call, "bucket.credentials")) { change in
            // By its id, with which the credentials are sealed.
            let present: StoredBucket = try change.find(former.id)
            return try describe(try change.setCredentials(of: present, sealed: sealed), in: change.database)
        }
        return Answer(.ok, .object(["bucket": bucket, "stopped_collectors": .array([])]))
    }

    /// Opens a bucket to the projects that the body names, and to no other.
    private func open(_ name: String) async throws -> Answer {
        guard let items = try call.document()["bucket"]?["projects"]?.items else {
            throw Refusal.badRequest(
                "what of a bucket can change is {\"bucket\": {\"projects\": [NAME, …]}}, or access_key and secret_key")
        }
        let answer = try await registry.change(by: Actor(session, call, "bucket.update")) { change in
            let former = try managed(name, in: change.database)
            guard !former.projectID.isEmpty else {
                throw Refusal.badRequest("bucket \(name) is for all projects: there is nobody to open it to")
            }
            let projects = try items.map { try project($0, in: change.database).id }
            let (bucket, stopped) = try change.openBucket(former, to: projects)
            return JSON.object([
                "bucket": try describe(bucket, in: change.database),
                "stopped_collectors": .array(try stopped.map { try describe($0, in: change.database) }),
            ])
        }
        return Answer(.ok, answer)
    }

    private func project(_ item: JSON, in database: RegistryState) throws -> Project {
        let text = item.text ?? ""
        guard let project = try Identity.project(named: text, in: database) ?? Project.with(id: text, in: database)
        else {
            throw Refusal.badRequest("bucket.projects: there is no project \"\(text.prefix(100))\"")
        }
        return project
    }

    private func describe(_ collector: StoredCollector, in database: RegistryState) throws -> JSON {
        .object([
            "id": .string(collector.id), "name": .string(collector.name),
            "project": .string(try Project.with(id: collector.projectID, in: database)?.name ?? collector.projectID),
        ])
    }

    private func find(_ name: String, in database: RegistryState) throws -> StoredBucket {
        guard let bucket = try StoredBucket.named(name, for: own, in: database) else {
            throw RegistryError.notFound(.bucket, name)
        }
        return bucket
    }

    /// A bucket that the caller may change: of its own project; an administrator's also one for all, and any that is the only
    /// one of its name.
    private func managed(_ name: String, in database: RegistryState) throws -> StoredBucket {
        let all = try StoredBucket.all(named: name, in: database)
        if let bucket = all.first(where: { $0.projectID == own && !own.isEmpty }) { return bucket }
        if isAdministrator {
            if let bucket = all.first(where: \.projectID.isEmpty) { return bucket }
            if all.count == 1 { return all[0] }
        }
        throw RegistryError.notFound(.bucket, name)
    }

    func delete(_ name: String) async throws -> Answer {
        try await registry.change(by: Actor(session, call, "bucket.delete")) { change in
            try change.deleteBucket(try managed(name, in: change.database))
        }
        return Answer(.noContent)
    }

    /// Puts an object in and takes it away: the hosts that fill the bucket do, and the server where there are none yet.
    func test(_ name: String) async throws -> Answer {
        let (bucket, described, hosts) = try await registry.read { database in
            let bucket = try find(name, in: database)
            return (bucket, try describe(bucket, in: database), try bucket.fillingHosts(in: database))
        }
        let faultOfCredentials = await probe.faultOfCredentials(of: bucket)
        guard !hosts.isEmpty, faultOfCredentials == nil else {
            let fault = if let faultOfCredentials { faultOfCredentials } else { await probe.fault(of: bucket) }
            return Answer(
                .ok,
                .object([
                    "bucket": described, "writable": .bool(fault == nil), "fault": .optional(fault),
                    "tested_by": .string("server"), "hosts": .array([]), "hosts_not_asked": .int(0),
                ]))
        }
        let outcomes = await bucketTests.outcomes(of: bucket, at: hosts)
        let faults = outcomes.compactMap { host, outcome in Self.fault(outcome).map { "host \(host): \($0)" } }
        return Answer(
            .ok,
            .object([
                "bucket": described, "writable": .bool(faults.isEmpty),
                "fault": .optional(faults.isEmpty ? nil : faults.joined(separator: "\n")),
                "tested_by": .string("hosts"),
                "hosts": .array(
                    outcomes.map { host, outcome in
                        .object([
                            "name": .string(host), "writable": .bool(outcome == .writable),
                            "fault": .optional(Self.fault(outcome)),
                        ])
                    }), "hosts_not_asked": .int(hosts.count - outcomes.count),
            ]))
    }

    private static func fault(_ outcome: HostBucketTests.Outcome) -> String? {
        switch outcome {
        case .writable: nil
        case .fault(let words): words
        case .silent:
            "it did not say: it is not connected, cannot try buckets yet, or did not answer in time; "
                + "see `gatehouse host list`, and its release"
        }
    }

    /// `projects`, to which a bucket is open, are its owner's and administrators' to see.
    private func describe(_ bucket: StoredBucket, in database: RegistryState) throws -> JSON {
        let isOwn = bucket.projectID == own
        var members = JSONObject([
            ("id", .string(bucket.id)), ("name", .string(bucket.name)), ("url", .string(bucket.url)),
            ("shared", .bool(bucket.projectID.isEmpty)), ("own", .bool(isOwn)),
            ("credentials", .bool(bucket.credentialsEdition != nil)),
            ("created_at", .string(APITime.text(bucket.createdAt))),
        ])
        if isOwn || isAdministrator {
            members["projects"] = .strings(
                try bucket.projects.map { try Project.with(id: $0, in: database)?.name ?? $0 })
        }
        return .object(members)
    }
}
