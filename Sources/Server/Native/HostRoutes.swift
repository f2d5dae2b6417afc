import HTTPTypes
import Model
import Registry

/// `api/hosts`: how each host does; takes one in, turns one away.
struct HostRoutes {
    let registry: Registry
    let hosts: HostService

    func list() async throws -> Answer {
        let all = try await registry.read { try Hosts.all($0) }
        let now = Timestamp.now.nanoseconds
        return Answer(.ok, .object(["hosts": .array(all.map { NativeDocument.host($0, at: now) })]))
    }

    func invite(_ call: Call, _ session: Session) async throws -> Answer {
        guard let name = JSON(parsing: call.body)?["host"]?["name"]?.text, HostRecord.isName(name) else {
            throw NeutronError.invalid("host.name", "a name of 1 to 255 characters without / is wanted")
        }
        guard let fingerprint = try hosts.fingerprint else {
            throw NeutronError.invalid("host", "this server speaks plain HTTP; hosts are enrolled over TLS only")
        }
        let token = try await registry.change(by: Actor(session, call, "host.invite")) { change in
            try change.makeEnrolmentToken(host: name)
        }
        return Answer(
            .created,
            .object(["enrolment": .object(["host": .string(name), "token": .string("\(token).\(fingerprint)")])]))
    }

    func revoke(_ call: Call, _ session: Session) async throws -> Answer {
        let name = call.path[1]
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
