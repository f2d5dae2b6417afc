package import Documents
import Foundation
import Host
import Registry
import Service

/// Reads the bootstrap file:
///
/// ```yaml
/// projects: [{name: demo}]
/// users: [{name: admin, password_file: admin.pw, roles: [{project: demo, role: admin}]}]
/// tokens: [{name: ci, token_file: ci.token, user: admin, project: demo}]
/// buckets: [{name: flowlogs, url: "file:buckets/flowlogs", project: demo}]
/// cloud_keys: [{secret_id: AKIDci0123, secret_key_file: ci.key, user: admin, project: demo}]
/// ```
///
/// Secrets are in files of their own, whose paths count from the file's folder; a line feed at their end is not part of
/// them.
struct BootstrapFile {
    private let folder: String
    private var bootstrap = Bootstrap()

    private init(folder: String) { self.folder = folder }

    /// Reads the file and the secrets that it names.
    ///
    /// - Throws: All faults of the file.
    static func load(path: String) throws(DocumentError) -> Bootstrap {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        return try Document.read(file: path, example: "projects: [{name: NAME}]") { root in
            var file = BootstrapFile(folder: folder)
            file.read(root)
            return file.bootstrap
        }
    }

    private mutating func read(_ root: FileValue) {
        guard let fields = root.fields(["projects", "users", "tokens", "buckets", "cloud_keys"]) else { return }
        for value in fields["projects"]?.elements(of: "projects") ?? [] { readProject(value) }
        for value in fields["users"]?.elements(of: "users") ?? [] { readUser(value) }
        for value in fields["tokens"]?.elements(of: "tokens") ?? [] { readToken(value) }
        for value in fields["cloud_keys"]?.elements(of: "cloud keys") ?? [] { readCloudKey(value) }
        for value in fields["buckets"]?.elements(of: "buckets") ?? [] { readBucket(value) }
    }

    private mutating func readProject(_ value: FileValue) {
        guard let fields = value.fields(["name", "description"]), let name = Self.text("name", "NAME", fields) else {
            return
        }
        let description = fields["description"].flatMap { $0.text("what the project is for") }
        bootstrap.projects.append(.init(name: name, description: description ?? ""))
    }

    private mutating func readUser(_ value: FileValue) {
        guard let fields = value.fields(["name", "password_file", "roles"]),
            let name = Self.text("name", "NAME", fields)
        else { return }
        let password = fields["password_file"].flatMap(secret)
        let roles = (fields["roles"]?.elements(of: "roles") ?? []).compactMap(role)
        bootstrap.users.append(.init(name: name, password: password, roles: roles))
    }

    private func role(_ value: FileValue) -> (project: String, role: Role)? {
        guard let fields = value.fields(["project", "role"]), let project = project(fields, isRequired: true),
            let given = fields.required("role", "ROLE"), let word = given.text("a role")
        else { return nil }
        guard let role = Role(rawValue: word) else {
            let all = Role.allCases.map(\.rawValue)
            given.report(
                "\"\(word)\" is no role",
                mend: all.first { $0 == word.lowercased() }.map { "write \"\($0)\"" }
                    ?? "write one of \(all.joined(separator: ", "))")
            return nil
        }
        return (project, role)
    }

    private mutating func readToken(_ value: FileValue) {
        guard let fields = value.fields(["name", "token_file", "user", "project"]),
            let name = Self.text("name", "NAME", fields), let file = fields.required("token_file", "FILE"),
            let token = secret(file), let owner = fields.required("user", "NAME"),
            let user = owner.text("a user's name"),
            let project = project(fields, isRequired: true)
        else { return }
        if token.utf8.count < 16 {
            file.report("the token has fewer than 16 characters", mend: "make a longer one")
        }
        if !bootstrap.users.contains(where: { $0.name == user }) {
            owner.report("\"\(user)\" is not among the users", mend: "name it there")
        }
        bootstrap.tokens.append(.init(name: name, token: token, user: user, project: project))
    }

    private mutating func readCloudKey(_ value: FileValue) {
        guard let fields = value.fields(["secret_id", "secret_key_file", "user", "project"]),
            let name = fields.required("secret_id", "ID"), let secretID = name.text("a key's id"),
            let file = fields.required("secret_key_file", "FILE"), let secret = secret(file),
            let owner = fields.required("user", "NAME"), let user = owner.text("a user's name"),
            let project = project(fields, isRequired: true)
        else { return }
        if !CloudKey.isSecretID(secretID) {
            name.report("\"\(secretID)\" is no id of a key", mend: "write 8 to 64 letters and digits")
        }
        if secret.utf8.count < 16 {
            file.report("the secret has fewer than 16 characters", mend: "make a longer one")
        }
        if bootstrap.cloudKeys.contains(where: { $0.secretID == secretID }) {
            name.report("\"\(secretID)\" stands twice", mend: "give each key an id of its own")
        }
        if !bootstrap.users.contains(where: { $0.name == user }) {
            owner.report("\"\(user)\" is not among the users", mend: "name it there")
        }
        bootstrap.cloudKeys.append(.init(secretID: secretID, secret: secret, user: user, project: project))
    }

    private mutating func readBucket(_ value: FileValue) {
        guard let fields = value.fields(["name", "url", "project"]), let name = Self.text("name", "NAME", fields),
            let url = Self.text("url", "\"file:FOLDER\"", fields)
        else { return }
        if let fault = BucketProbe.fault(name: name, url: url, dataFolder: folder) {
            (fields[fault.field.rawValue] ?? value).report(fault.message, mend: fault.mend)
        }
        bootstrap.buckets.append(.init(name: name, url: url, project: project(fields, isRequired: false)))
    }

    // MARK: Values

    private static func text(_ key: String, _ wanted: String, _ fields: FileFields) -> String? {
        fields.required(key, wanted)?.text(wanted)
    }

    /// The project that an entry is for, which must be among those of the file.
    private func project(_ fields: FileFields, isRequired: Bool) -> String? {
        guard let value = isRequired ? fields.required("project", "NAME") : fields["project"],
            let name = value.text("a project's name")
        else { return nil }
        guard bootstrap.projects.contains(where: { $0.name == name }) else {
            value.report("\"\(name)\" is not among the projects", mend: "name it there")
            return nil
        }
        return name
    }

    /// What a file of its own says, without line feeds at its end; never said in a report.
    private func secret(_ value: FileValue) -> String? {
        guard let name = value.text("a file's path") else { return nil }
        let path = name.hasPrefix("/") ? name : "\(folder)/\(name)"
        do {
            guard let bytes = try DurableFile.read(path) else {
                value.report("there is no file \(path)", mend: "make it, with the secret in it")
                return nil
            }
            guard var text = String(validating: bytes, as: UTF8.self) else {
                value.report("file \(path) is not UTF-8 text", mend: "write the secret as text")
                return nil
            }
            while text.last?.isNewline == true { text.removeLast() }
            guard !text.isEmpty else {
                value.report("file \(path) is empty", mend: "write the secret into it")
                return nil
            }
            return text
        } catch {
            value.report("file \(path) cannot be read: \(error)", mend: "let the server's user read it")
            return nil
        }
    }
}

extension Bootstrap {
    /// Reads the file and the secrets that it names.
    package init(path: String) throws(DocumentError) { self = try BootstrapFile.load(path: path) }
}
