import Model
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

    init(_ body: JSON) throws(Fault) {
        guard let auth = body["auth"], let identity = auth["identity"] else {
            throw Fault(description: "Expecting to find identity in auth. The request body is missing it.")
        }
        let named = identity["methods"]?.items ?? []
        guard named.count <= Limit.methodsOfLogin.bound else {
            throw Fault(description: "auth.identity.methods: more than \(Limit.methodsOfLogin.bound)")
        }
        guard let first = named.first else {
            throw Fault(description: "auth.identity.methods is empty; name password, token or application_credential")
        }
        // What is named and not asked for would be believed to have been proven.
        guard let method = first.text, named.allSatisfy({ $0 == first }) else {
            throw Fault(
                description:
                    "auth.identity.methods: \(named.count) of them; one is served at a time, name the one to be asked")
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
                description:
                    "auth.identity.methods: \"\(Limit.textOfEntry.cut(method))\" is not served; use password, token or "
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
        try checkLengths(auth)
    }

    /// What nobody has proven yet is short.
    private func checkLengths(_ auth: JSON) throws(Fault) {
        func check(_ text: String?, _ limit: Limit, _ field: String) throws(Fault) {
            guard let text, !limit.admits(text) else { return }
            throw Fault(
                description: "auth.\(field): \(text.utf8.count) bytes, more than \(limit.bound); send no such text")
        }
        func check(_ selector: Selector?, _ field: String) throws(Fault) {
            try check(selector?.id, .nameText, "\(field).id")
            try check(selector?.name, .nameText, "\(field).name")
        }
        switch proof {
        case .password(let user, let password):
            try check(user, "identity.password.user")
            try check(password, .secretText, "identity.password.user.password")
        case .token(let token): try check(token, .tokenText, "identity.token.id")
        case .applicationCredential(let credential):
            let field = "identity.application_credential"
            try check(credential.id, .nameText, "\(field).id")
            try check(credential.name, .nameText, "\(field).name")
            try check(credential.user, "\(field).user")
            try check(credential.secret, .secretText, "\(field).secret")
        }
        try check(project, "scope.project")
    }
}
