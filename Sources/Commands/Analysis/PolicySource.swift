import ArgumentParser
import Foundation
import Host
import Link
import Model
import Policy
import PolicyFiles
import Terminal

/// Policies that commands are given as files.
enum PolicySource {
    /// Reads a policy file, or standard input where it is `-`; tells its problems and ends the command where it has any.
    ///
    /// * `option`: what named the file, as `--file`.
    static func load(_ file: String, _ option: String) throws -> Policy {
        let isInput = file == "-"
        let read =
            isInput ? try FileHandle.standardInput.readToEnd().map { Array($0) } ?? [] : try DurableFile.read(file)
        guard let bytes = read else {
            throw NotFound("\(option) \(file): there is no such file; name a policy file")
        }
        do {
            return try PolicyFile.load(bytes: bytes, name: isInput ? "standard input" : file)
        } catch {
            Console.tell("\(error)")
            throw ExitCode.failure
        }
    }

    /// The latest revision of this host's agent.
    static func latest(_ data: DataOptions) throws -> Revision {
        try RevisionChoice.latest.load(RevisionStore(data.existingFolder()))
    }

    /// A policy as the revision that follows another: rules that stay keep their ids.
    static func revision(_ policy: Policy, after former: Revision, origin: String) -> Revision {
        former.next(policy: policy, actor: "", origin: origin, at: .now)
    }
}
