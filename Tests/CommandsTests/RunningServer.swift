import Foundation
import Host
import Server
import Service
import TestSupport
import Testing

/// `gatehouse serve` on loopback, as an operator runs it: three projects' people, a policy file, TLS.
///
/// `ada` is an administrator of demo, `max` a manager of it, `aud` an auditor; each one's token lies in `NAME.token`.
final class RunningServer {
    let folder: String
    private let process: ChildProcess
    let address: String

    var data: String { folder + "/data" }
    var authority: String { data + "/authority.pem" }
    /// What the server has said.
    var log: String { (try? String(contentsOfFile: folder + "/log", encoding: .utf8)) ?? "" }

    static let people = """
        projects: [{name: demo}, {name: rival}]
        users:
          - {name: ada, roles: [{project: demo, role: admin}]}
          - {name: max, roles: [{project: demo, role: manager}]}
          - {name: aud, roles: [{project: rival, role: auditor}]}
        tokens:
          - {name: ada, token_file: ada.token, user: ada, project: demo}
          - {name: max, token_file: max.token, user: max, project: demo}
          - {name: aud, token_file: aud.token, user: aud, project: rival}

        """

    /// * `descriptors`: how many files and sockets the server may have open; nil for as many as the test may.
    init(isInsecure: Bool = false, descriptors: Int? = nil) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/gatehouse-serve-\(UUID().uuidString.prefix(8))"
        self.folder = folder
        try DurableFile.makeFolder(folder)
        for name in ["ada", "max", "aud"] {
            try DurableFile.replace("\(folder)/\(name).token", with: Array("\(name)-token-0123456789\n".utf8))
        }
        try DurableFile.replace("\(folder)/first.yaml", with: Array(Self.people.utf8))
        try DurableFile.replace("\(folder)/policy.json", with: Array("{}".utf8))
        let log = try DurableFile.openForAppending("\(folder)/log")
        var options = ChildProcess.Options()
        options.standard = [nil, log.number, log.number]
        options.diesWithParent = true
        let limit = descriptors.map { ["-c", "ulimit -n \($0); exec \"$@\"", "sh", ShopFolder.program] } ?? []
        process = try ChildProcess(
            limit.isEmpty ? ShopFolder.program : "/bin/sh",
            limit + [
                "serve", "--data", "\(folder)/data", "--listen", "127.0.0.1:0", "--bootstrap", "\(folder)/first.yaml",
                "--policy-file", "\(folder)/policy.json",
            ] + (isInsecure ? ["--insecure-http"] : []), options: options)
        var said: Substring?
        try eventually("the server to listen") {
            let text = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
            said = text.firstMatch(of: #/gatehouse serves (https?://127\.0\.0\.1:[0-9]+)//#)?.output.1
            return said != nil
        }
        address = String(try #require(said))
    }

    deinit {
        process.terminate()
        _ = try? process.wait()
        try? FileManager.default.removeItem(atPath: folder)
    }

    func file(_ name: String, _ text: String) throws -> String {
        try DurableFile.replace("\(folder)/\(name)", with: Array(text.utf8))
        return "\(folder)/\(name)"
    }

    /// Asks the server to take up its files, and waits until it has said `words` once more than before.
    func hangUp(until words: String) throws {
        let former = log.components(separatedBy: words).count
        kill(process.pid, SIGHUP)
        try eventually("\"\(words)\" in \(log)") { log.components(separatedBy: words).count > former }
    }

    /// What the server has in memory, in bytes.
    var resident: Int {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(process.pid)/statm", encoding: .utf8)
            return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
        }
    }

    func isRunning() throws -> Bool { try process.poll() == nil }

    /// The environment in which an operator types no option.
    func environment(as user: String = "ada") -> [String] {
        [
            "GATEHOUSE_SERVER=\(address)", "GATEHOUSE_TOKEN_FILE=\(folder)/\(user).token",
            "GATEHOUSE_AUTHORITY=\(authority)",
        ]
    }

    /// Runs the program with this environment, in UTC.
    func gatehouse(_ words: [String], _ environment: [String]) throws -> ChildProcess.Output {
        let cleared = ["GATEHOUSE_SERVER", "GATEHOUSE_TOKEN_FILE", "GATEHOUSE_AUTHORITY", "GATEHOUSE_SERVER_DATA"]
        return try ChildProcess.run(
            "env", cleared.flatMap { ["-u", $0] } + ["TZ=UTC"] + environment + [ShopFolder.program] + words)
    }

    /// The same by the environment of a user.
    func run(_ words: String..., as user: String = "ada") throws -> ChildProcess.Output {
        try gatehouse(words, environment(as: user))
    }
}
