import Host
import Model
import NativeAPI
import Registry
import Server
import Service

/// Asks the data folder of a server on this machine; the server may run meanwhile.
struct FolderSource: OperatingSource {
    private let folder: ServerFolder
    private let registry: Registry

    init(_ folder: ServerFolder) throws {
        self.folder = folder
        registry = try ServerOptions.registry(in: folder)
    }

    var address: String { "https://…" }

    func hosts() async throws -> [JSON] {
        let all = try await registry.read { try Hosts.all($0) }
        let now = Timestamp.now.nanoseconds
        return all.map { NativeDocument.host($0, at: now) }
    }

    func invite(_ host: String) async throws -> String {
        let fingerprint = try folder.authorityFingerprint()
        let token = try await registry.change(by: Self.actor("host.invite")) { change in
            try change.makeEnrolmentToken(host: host)
        }
        return "\(token).\(fingerprint)"
    }

    func revoke(_ name: String) async throws {
        try await registry.change(by: Self.actor("host.revoke")) { change in
            guard let host = try Hosts.named(name, in: change.database) else {
                throw RegistryError.notFound(.host, name)
            }
            try change.revoke(host)
        }
    }

    func trail(_ query: AuditQuery) async throws -> (entries: [JSON], effects: [JSON]) {
        try await registry.read { database in
            let entries = try query.entries(in: database)
            let newest = query.requestID == nil ? nil : entries.compactMap(\.revision).max()
            let effects = try newest.map { try Effect.of($0, in: database) } ?? []
            return (entries.map(NativeDocument.entry), effects.map(NativeDocument.effect))
        }
    }

    func soundness() async throws -> JSON {
        NativeDocument.soundness(try await registry.read { try AuditTrail.verify($0) })
    }

    func seal(_ reason: String) async throws -> JSON {
        let report = try await registry.read { try AuditTrail.verify($0) }
        _ = try await registry.change(by: Self.actor("audit.seal")) { try $0.sealTrail(report, reason: reason) }
        return try await soundness()
    }

    /// Who does it, for the trail: the login name on this machine.
    private static func actor(_ action: String) -> Actor {
        var actor = Actor.system(action, requestID: "req-\(Change.newID())")
        actor.userName = "\(Machine.userName(Machine.userID)) (on the server)"
        return actor
    }
}
