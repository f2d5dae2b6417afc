import Model
import Registry
import Service

/// One request at work within a change: who asks, and what the operations are done through.
struct Work {
    let change: Change
    let session: Session
    let policy: AccessPolicy

    var database: RegistryState { change.database }

    /// Throws where the caller lacks the right to an operation, or to an attribute that it names.
    func permit(_ operation: String, _ attributes: [String] = [], _ target: AccessTarget = .init()) throws {
        guard let denied = policy.denial(of: operation, attributes: attributes, session, target) else { return }
        throw NeutronError.forbidden(denied)
    }

    /// The project that a new object belongs to: the one that the request names, or the caller's.
    func project(_ fields: Fields) throws -> String {
        let named = fields.text("project_id") ?? fields.text("tenant_id")
        if let one = fields.text("project_id"), let other = fields.text("tenant_id"), one != other {
            throw NeutronError.badRequest("'project_id' and 'tenant_id' do not match")
        }
        guard let own = session.project?.id ?? named else {
            throw NeutronError.badRequest(
                "Running without keystone AuthN requires that project_id is specified")
        }
        guard let named, named != own else { return own }
        guard session.roles.contains(.admin) || session.roles.contains(.service) else {
            throw NeutronError.badRequest(
                "Specifying 'project_id' other than the authenticated project in request is not allowed for the "
                    + "current user.")
        }
        return named
    }

    func owns(_ projectID: String) -> Bool {
        session.roles.contains(.admin) || session.project?.id == projectID
    }
}
