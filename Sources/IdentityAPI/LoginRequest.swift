import Registry
import Service

/// The body of `POST /v3/auth/tokens`.
struct LoginRequest: Sendable {
    /// A user or project, by id or by name; there is one domain, `default`.
    struct Selector: Sendable {
        let id: String?
        let name: String?

        init?(_ json: JSON?) {
            id = json?["id"]?.text
            name = json?["name"]?.text
            if id == nil, name == nil { return nil }
            if let domain = json?["domain"], domain["id"]?.text != "default", domain["name"]?.text != "Default" {
                return nil
            }
        }

        func project(in database: RegistryState) throws -> Project? {
            if let id { return try Project.with(id: id, in: database) }
            return try name.flatMap { try Identity.project(named: $0, in: database) }
        }

        /// The user's login name.
        func name(in database: RegistryState) throws -> String? {
            if let id { return try User.with(id: id, in: database)?.name }
            return name
        }
    }

    struct Credential: Sendable {
        let id: String?
        let name: String?
        let user: Selector?
        let secret: String
    }

    enum Proof: Sendable {
        case password(Selector, String)
        case token(String)
        case applicationCredential(Credential)
    }

    /// What is wrong with a body.
    struct Fault: Error, CustomStringConvertible {
        let description: String
    }

    let methods: [String]
    let proof: Proof
    let project: Selector?

    /// Who claims to log in, for the trail; never a secret.
    var userName: String {
        switch proof {
        case .password(let user, _): user.name ?? user.id ?? ""
        case .token: "(token)"
        case .applicationCredential(let credential): credential.user?.name ?? credential.id ?? ""
        }
    }

    init(_ body: [UInt8]) throws(Fault) {
        guard let auth = JSON(parsing: body)?["auth"], let identity = auth["identity"] else {
            throw Fault(description: "Expecting to find identity in auth. The request body is missing it.")
        }
        methods = (identity["methods"]?.items ?? []).compactMap(\.text)
        guard let method = methods.first else {
            throw Fault(description: "auth.identity.methods is empty; name password, token or application_credential")
        }
        let part = identity[method]
        switch method {
        case "password":
            guard let user = Selector(part?["user"]), let password = part?["user"]?["password"]?.text else {
                throw Fault(description: "auth.identity.password.user: name (or id), domain and password are wanted")
            }
            proof = .password(user, password)
        case "token":
            guard let id = part?["id"]?.text else { throw Fault(description: "auth.identity.token.id is wanted") }
            proof = .token(id)
        case "application_credential":
            guard let secret = part?["secret"]?.text else {
                throw Fault(description: "auth.identity.application_credential.secret is wanted")
            }
            proof = .applicationCredential(
                Credential(
                    id: part?["id"]?.text, name: part?["name"]?.text, user: Selector(part?["user"]), secret: secret))
        default:
            throw Fault(
                description: "auth.identity.methods: \"\(method)\" is not served; use password, token or "
                    + "application_credential")
        }
        if let scope = auth["scope"], scope.members != nil {
            guard let project = Selector(scope["project"]) else {
                throw Fault(
                    description: "auth.scope: only {\"project\": {\"name\", \"domain\"}} or {\"project\": {\"id\"}}")
            }
            self.project = project
        } else {
            project = nil
        }
    }
}
