import ArgumentParser
import Host
import NIOHTTP1
import Registry

/// The control plane that `gatehouse up --listen` runs beside the host's agent: its own process, its own folder.
///
/// The first start makes an administrator with a random password and an API token; both are in files that only the owner of
/// the folder can read.
final class LocalServer {
    let folder: String
    let address: String
    private let program: String
    private(set) var process: ChildProcess?

    /// * `project`: whose objects the policy file says, where one is applied: it gets that project beside `default`.
    init(folder: String, listen: String, program: String, project: String?) throws {
        self.folder = folder
        self.address = "https://\(listen)"
        self.program = program
        try DurableFile.makeFolder(folder, mode: 0o700)
        self.project = project
        let secrets = ["admin.pw", "admin.token"] + (project == nil ? [] : ["apply.token"])
        for name in secrets where !DurableFile.exists("\(folder)/\(name)") {
            try DurableFile.replace("\(folder)/\(name)", with: Array(Identity.randomText(bytes: 24).utf8), mode: 0o600)
        }
        try DurableFile.replace("\(folder)/first.yaml", with: Array(Self.bootstrap(project).utf8))
        arguments = ["serve", "--data", folder, "--listen", listen, "--bootstrap", "\(folder)/first.yaml"]
    }

    private let arguments: [String]
    private let project: String?

    /// What the server's registry begins with.
    ///
    /// * `project`: a further one, whose token is in `apply.token`.
    static func bootstrap(_ project: String?) -> String {
        let projects = ["default"] + [project].compactMap { $0 }.filter { $0 != "default" }
        var tokens = ["{name: admin, token_file: admin.token, user: admin, project: default}"]
        if let project {
            tokens.append("{name: apply, token_file: apply.token, user: admin, project: \"\(project)\"}")
        }
        return """
            projects: [\(projects.map { "{name: \"\($0)\"}" }.joined(separator: ", "))]
            users: [{name: admin, password_file: admin.pw, roles: [\(
                projects.map { "{project: \"\($0)\", role: admin}" }.joined(separator: ", "))]}]
            tokens: [\(tokens.joined(separator: ", "))]

            """
    }

    private var tokenFile: String { "\(folder)/admin.token" }
    /// Of the project of the policy file.
    var applyTokenFile: String { project == nil ? tokenFile : "\(folder)/apply.token" }
    var authority: String { "\(folder)/authority.pem" }

    func start() throws {
        var options = ChildProcess.Options()
        options.ownGroup = true
        process = try ChildProcess(program, arguments, options: options)
    }

    /// Whether the process has ended by itself.
    func hasEnded() throws -> Bool {
        guard let process, try process.poll() != nil else { return process == nil }
        self.process = nil
        return true
    }

    /// Waits until calls are answered.
    func waitUntilReady() throws -> ServerClient {
        let token = Setting(name: "token file", value: tokenFile)
        let client = ServerClient(
            server: Setting(name: "control plane", value: address),
            token: String(decoding: try token.file(), as: UTF8.self), tokenFile: token,
            authority: Setting(name: "authority", value: authority))
        for _ in 0..<1200 {
            if DurableFile.exists(authority), (try? Waiting.value { try await client.send(.GET, "/ready") }) != nil {
                return client
            }
            guard try !hasEnded() else { break }
            _ = try Polling.wait([], timeoutNanoseconds: 50_000_000)
        }
        throw NotFound("the control plane at \(address) does not get ready; it said why above")
    }

    /// An enrolment token for this host, in a file.
    func invite(_ host: String, _ client: ServerClient, to path: String) throws {
        let token = try Waiting.value { try await RemoteSource(client: client).invite(host) }
        try DurableFile.replace(path, with: Array(token.utf8), mode: 0o600)
    }

    func stop() {
        process?.terminate()
        _ = try? process?.wait()
        process = nil
    }
}
