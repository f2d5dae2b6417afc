import Foundation
import Host
import Server
import Terminal

/// The files that an operator changes while the server runs: what may be done, who there is, and what the server shows.
struct OperatorFiles: Sendable {
    /// The access policy; nil for the standard one.
    let policyFile: String?
    /// Projects, users, roles and tokens; nil for none.
    let bootstrapFile: String?
    let folder: ServerFolder
    /// Whether plain HTTP is spoken, for which there is no certificate.
    let isInsecure: Bool

    /// The access policy that the server begins with.
    func access() throws -> AccessFile {
        do {
            return try AccessFile(text: try policyText(), name: policyFile ?? "")
        } catch {
            throw NotFound("--policy-file: \(error)")
        }
    }

    /// What the server begins with, and the secrets that the file names.
    func bootstrap() throws -> Bootstrap? { try bootstrapFile.map { try Bootstrap(path: $0) } }

    private func policyText() throws -> String? {
        guard let policyFile else { return nil }
        guard let bytes = try DurableFile.read(policyFile) else {
            throw NotFound("\(policyFile): there is no such file; name one that is there")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Reads each file, takes none, and tells what is wrong with it.
    ///
    /// - Returns: Whether nothing is wrong with any of them.
    func check() async -> Bool {
        let policy = await tell("policy file", policyFile) {
            _ = try AccessFile(text: try policyText(), name: policyFile ?? "")
            return "nothing wrong"
        }
        let first = await tell("bootstrap file", bootstrapFile) {
            _ = try bootstrap()
            return "nothing wrong"
        }
        let certificate = await tell("certificate", certificateFile) {
            try folder.checkCertificate().map { "nothing wrong, \($0)" } ?? "none yet; the start makes one"
        }
        return policy && first && certificate
    }

    /// Reads each file and has the server take it; of one with a fault nothing is taken, and the others are.
    func take(into plane: ControlPlane, _ access: AccessFile) async {
        await tell("policy file", policyFile, fault: "not taken: ") {
            try access.replace(text: try policyText(), name: policyFile ?? "")
            return "taken"
        }
        await tell("bootstrap file", bootstrapFile, fault: "not taken: ") {
            try await bootstrap()?.apply(to: plane.registry)
            return "taken"
        }
        await tell("certificate", certificateFile, fault: "not taken: ") {
            "taken" + (try plane.renewCertificate().map { ", \($0)" } ?? "")
        }
    }

    private var certificateFile: String? { isInsecure ? nil : folder.certificateFile }

    /// Does something with a file, where there is one, and tells in one line what came of it.
    ///
    /// - Returns: Whether nothing was wrong.
    @discardableResult
    private func tell(
        _ noun: String, _ path: String?, fault: String = "", _ body: () async throws -> String
    ) async -> Bool {
        guard let path else { return true }
        do {
            Console.tell("\(noun) \(path): \(try await body())")
            return true
        } catch {
            // Some faults name the file themselves.
            var words = "\(error)".split(separator: "\n").joined(separator: " ")
            for lead in ["--bootstrap \(path): ", "\(path): "] where words.hasPrefix(lead) {
                words.removeFirst(lead.count)
            }
            Console.tell("\(noun) \(path): \(fault)\(words)")
            return false
        }
    }
}
