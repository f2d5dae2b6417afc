import Documents
import Foundation
import Host
import Server
import Service
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
    func access() throws -> AccessFile { try AccessFile(policyFile) }

    /// What the server begins with, and the secrets that the file names.
    func bootstrap() throws -> Bootstrap? { try bootstrapFile.map { try Bootstrap(path: $0) } }

    /// Reads each file, takes none, and tells what is wrong with it.
    ///
    /// - Returns: Whether nothing is wrong with any of them.
    func check() async -> Bool {
        let policy = await tell("policy file", policyFile) {
            _ = try access()
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
            try access.replace(policyFile)
            return "taken"
        }
        await tell("bootstrap file", bootstrapFile, fault: "not taken: ") {
            try await bootstrap()?.apply(to: plane.registry, secrets: plane.cloudKeys)
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
        } catch let error as DocumentError {
            // The place within the file is enough: the line begins with the file.
            for problem in error.problems {
                Console.tell("\(noun) \(path): \(fault)\(problem.withinFile)")
            }
            return false
        } catch {
            // Some faults name the file themselves.
            var words = "\(error)".split(separator: "\n").joined(separator: " ")
            if words.hasPrefix("\(path): ") { words.removeFirst("\(path): ".count) }
            Console.tell("\(noun) \(path): \(fault)\(words)")
            return false
        }
    }
}
