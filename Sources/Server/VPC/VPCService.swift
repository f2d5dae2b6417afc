import GRDB
import Gzip
import HTTPTypes
import Registry

/// The VPC API under `/v1`: the objects of the Neutron API and their own kin, in the words of IBM Cloud's clients.
///
/// The calls come without their mount point; errors have the VPC envelope.
struct VPCService: Sendable {
    let registry: Registry
    let authenticator: Authenticator
    let policy: @Sendable () -> AccessPolicy
    let settings: ServerSettings
    /// Whether objects can be put into a bucket now; says why not.
    let probe: BucketProbe

    /// The call as the trail and the answer know it: with the client's own request id where that is a sane one.
    static func adopted(_ call: Call) -> Call {
        guard let id = call.headers[.plainRequestID], (1...128).contains(id.utf8.count),
            id.utf8.allSatisfy({ $0.isWord || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") })
        else { return call }
        var call = call
        call.requestID = id
        return call
    }

    func answer(_ call: Call) async throws -> Answer {
        var answer: Answer
        do {
            answer = try await route(try inflated(call))
        } catch let error as VPCError {
            answer = error.answer(trace: call.requestID)
        } catch let error as RegistryError {
            answer = VPCError(error).answer(trace: call.requestID)
        }
        answer.headers[.plainRequestID] = call.requestID
        return answer
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
            call.body = try decompress(call.body, limit: settings.largestBody)
        } catch .tooLarge {
            throw VPCError(.tooLarge, "The body has more than \(settings.largestBody) bytes when it is inflated.")
        } catch {
            throw VPCError(.validationFailure, "The body is not the gzip that its header says.")
        }
        return call
    }

    private func route(_ call: Call) async throws -> Answer {
        guard let session = try await authenticator.session(of: call) else {
            throw VPCError(.notAuthenticated, "The request has no credentials that are good here.")
        }
        let request = VPCRequest(
            service: self, call: call, session: session, project: try await project(of: session),
            version: try APIVersion(call))
        if let first = call.path.first, !["regions"].contains(first) { try await request.adopt() }
        switch call.path.first {
        case "regions": return try Geography(request: request).answer()
        case "vpcs": return try await VPCs(request: request).answer()
        case "subnets": return try await VPCSubnets(request: request).answer()
        case "instances": return try await Instances(request: request).answer()
        case "virtual_network_interfaces": return try await VirtualInterfaces(request: request).answer()
        case "security_groups": return try await Groups(request: request).answer()
        case "network_acls": return try await ACLs(request: request).answer()
        case "flow_log_collectors": return try await Collectors(request: request).answer()
        default: throw VPCError.routeMissing
        }
    }

    /// The caller's account. Who comes without credentials, where that is allowed, is in the project `default` or the first.
    private func project(of session: Session) async throws -> Project {
        if let project = session.project { return project }
        let found = try await registry.read { database in
            try Identity.project(named: "default", in: database)
                ?? Project.order(Column("name")).fetchOne(database)
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
