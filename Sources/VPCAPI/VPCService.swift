import Gzip
import HTTPTypes
package import Registry
package import Service

/// The VPC API under `/v1`: the objects of the Neutron API and their own kin, in the words of IBM Cloud's clients.
///
/// The calls come without their mount point; errors have the VPC envelope.
package struct VPCService: MountedAPI {
    private let ground: VPCGround
    private let authenticator: Authenticator
    private let collections: [any VPCCollection.Type]

    package let routes: [APIRoute]
    package let mounts = [["v1"]]
    /// The collections that are served, one line each.
    static let standardCollections: [any VPCCollection.Type] = [
        Geography.self, VPCs.self, VPCSubnets.self, Instances.self, VirtualInterfaces.self, Groups.self, ACLs.self,
        Collectors.self,
    ]

    /// * `probe`: tells whether objects can be put into a bucket now, or why not.
    /// * `bucketTests`: asks that of hosts.
    package init(
        registry: Registry, authenticator: Authenticator, policy: @escaping @Sendable () -> AccessPolicy,
        settings: VPCSettings, probe: BucketProbe, bucketTests: HostBucketTests
    ) {
        self.init(
            VPCGround(registry: registry, policy: policy, settings: settings, probe: probe, bucketTests: bucketTests),
            authenticator,
            collections: Self.standardCollections)
    }

    init(_ ground: VPCGround, _ authenticator: Authenticator, collections: [any VPCCollection.Type]) {
        self.ground = ground
        self.authenticator = authenticator
        self.collections = collections
        routes = collections.flatMap { $0.routes }
    }

    /// The call as the trail and the answer know it: with the client's own request id where that is a sane one.
    package func adopted(_ call: Call) -> Call {
        guard let id = call.headers[.plainRequestID], (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy({ $0.isWord || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
        else { return call }
        var call = call
        call.requestID = id
        return call
    }

    package func answer(refusing refusal: Refusal, _ call: Call) -> Answer {
        var answer = VPCError(refusal).answer(trace: call.requestID)
        answer.headers[.plainRequestID] = call.requestID
        return answer
    }

    package func answer(unserved call: Call) async throws -> Answer {
        try await told(call) {
            _ = try await session(call)
            _ = try APIVersion(call)
            throw VPCError.routeMissing
        }
    }

    package func answer(_ call: Call) async throws -> Answer { try await told(call) { try await route(call) } }

    private func told(_ call: Call, _ body: () async throws -> Answer) async rethrows -> Answer {
        var answer: Answer
        do {
            answer = try await body()
        } catch let error as VPCError {
            answer = error.answer(trace: call.requestID)
        } catch let error as RegistryError {
            answer = VPCError(error).answer(trace: call.requestID)
        }
        answer.headers[.plainRequestID] = call.requestID
        return answer
    }

    private func session(_ call: Call) async throws -> Session {
        guard let session = try await authenticator.session(of: call) else {
            throw VPCError(.notAuthenticated, "The request has no credentials that are good here.")
        }
        return session
    }

    private func inflated(_ call: Call) throws(VPCError) -> Call {
        guard let encoding = call.headers[.contentEncoding]?.lowercased(), encoding != "identity" else { return call }
        guard encoding == "gzip" else {
            throw VPCError(
                .validationFailure, "Bodies are taken as they are or as gzip.",
                .init(name: "Content-Encoding", place: .header))
        }
        var call = call
        do {
            call.body = try decompress(call.body, limit: ground.settings.largestBody)
        } catch .tooLarge {
            throw VPCError(
                .tooLarge, "The body has more than \(ground.settings.largestBody) bytes when it is inflated.")
        } catch {
            throw VPCError(.validationFailure, "The body is not the gzip that its header says.")
        }
        return call
    }

    private func route(_ call: Call) async throws -> Answer {
        let session = try await session(call)
        // Who is nobody has nothing inflated.
        let call = try await inflated(call).readAside()
        let request = VPCRequest(
            ground: ground, call: call, session: session, project: try await project(of: session),
            version: try APIVersion(call))
        guard let collection = collections.first(where: { $0.path == call.path.first }) else {
            throw VPCError.routeMissing
        }
        if collection.showsObjects { try await request.adopt() }
        return try await collection.init(request: request).answer()
    }

    /// The caller's account. Who comes without credentials, where that is allowed, is in the project `default` or the first.
    private func project(of session: Session) async throws -> Project {
        if let project = session.project { return project }
        let found = try await ground.registry.read { database in
            try Identity.project(named: "default", in: database)
                ?? Project.first(in: database)
        }
        guard let found, session.roles.contains(.admin) else {
            throw VPCError(.forbidden, "The token is for no project; use one that is.")
        }
        return found
    }
}

extension UInt8 {
    /// A letter, a digit or an underscore.
    fileprivate var isWord: Bool {
        (0x30...0x39).contains(self) || (0x41...0x5a).contains(self) || (0x61...0x7a).contains(self) || self == 0x5f
    }
}

extension HTTPField.Name {
    /// The header that both sides of the VPC API put their request id in.
    static let plainRequestID = Self("X-Request-Id") ?? .server
}
