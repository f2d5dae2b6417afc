import HTTPTypes
import Model
import Registry
import Service

/// `api/hosts`: how each host does; takes one in, turns one away.
struct HostRoutes {
    private let registry: Registry
    private let hosts: HostService

    static let routes = [
        NativeRoute(
            method: .get, path: "/hosts", right: "get_host",
            summary: "Every host: state, revisions, how far its clock is ahead (ns), what its agent says."
        ) { try await HostRoutes($0).list() },
        NativeRoute(
            method: .post, path: "/hosts", right: "create_host",
            summary: "Makes a token that enrols a host of this name once, within a day.",
            body: "{\"host\": {\"name\": \"node-1\"}}"
        ) { try await HostRoutes($0).invite($0.call, $0.session) },
        NativeRoute(method: .delete, path: "/hosts/{name}", right: "delete_host", summary: "Turns a host away.") {
            try await HostRoutes($0).revoke($0.value("name"), $0.call, $0.session)
        },
    ]

    init(_ request: NativeRequest) {
        registry = request.registry
        hosts = request.ground.hosts
    }

    func list() async throws -> Answer {
        let all = try await registry.read { try Hosts.all($0) }
        let now = Timestamp.now.nanoseconds
        return Answer(.ok, .object(["hosts": .array(all.map { NativeDocument.host($0, at: now) })]))
    }

    func invite(_ call: Call, _ session: Session) async throws -> Answer {
        guard let name = try call.document()["host"]?["name"]?.text, HostRecord.isName(name) else {
            throw Refusal.invalid("host.name", HostRecord.nameRule)
        }
        guard let fingerprint = try hosts.fingerprint else {
            throw Refusal.invalid("host", "this server speaks plain HTTP; hosts are enrolled over TLS only")
        }
        let token = try await registry.change(by: Actor(session, call, "host.invite")) { change in
            try change.makeEnrolmentToken(host: name)
        }
        return Answer(
            .created,
            .object(["enrolment": .object(["host": .string(name), "token": .string("\(token).\(fingerprint)")])]))
    }

    func revoke(_ name: String, _ call: Call, _ session: Session) async throws -> Answer {
        try await registry.change(by: Actor(session, call, "host.revoke")) { change in
            guard let host = try Hosts.named(name, in: change.database) else {
                throw RegistryError.notFound(.host, name)
            }
            try change.revoke(host)
        }
        hosts.disconnect(name)
        return Answer(.noContent)
    }
}
