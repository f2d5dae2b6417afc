import ArgumentParser
import Foundation
import Host
import Link
import Model
import Policy
import Records

struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a policy file the next revision: in the kernel whole, or not at all.",
        discussion: "Example: gatehouse apply -f shop.yaml --plan")

    @Option(name: .shortAndLong, help: "The policy file.")
    var file: String

    @Flag(help: "Show what would change, and change nothing.")
    var plan = false

    @Flag(help: "Let live sessions that are no longer admitted go on until they end.")
    var drain = false

    @Option(
        help: "Cut such sessions after this time, as 30s or 5m; without it and without --drain they are cut at once.")
    var cutAfter: String?

    @OptionGroup var data: DataOptions

    func validate() throws {
        if drain, cutAfter != nil { throw ValidationError("--drain and --cut-after: give one of them") }
    }

    func run() throws {
        guard let bytes = try DurableFile.read(file) else { throw NotFound("policy file \(file): there is none") }
        let policy: Policy
        do {
            policy = try PolicyFile.load(bytes: bytes, name: file)
        } catch {
            Console.tell("\(error)")
            throw ExitCode.failure
        }
        let former = try RevisionStore(data.folder).latest()?.policy ?? .empty
        let diff = PolicyDiff(from: former, to: policy)
        for line in diff.lines { print(Console.paint(line, line.hasPrefix("+") ? .green : .red)) }
        if diff.isEmpty { print("nothing changes") }
        if plan { return }
        let request = ControlRequest.apply(policy: policy, origin: file, sessions: try fate())
        guard case .receipt(let receipt) = try AgentClient(data.folder).ask(request) else {
            throw NotFound("the agent answered something else: is it of this version?")
        }
        print(
            "revision \(receipt.revision) by \(receipt.actor) in the kernel of \(receipt.host) since \(receipt.appliedAt) (\(receipt.method), \(receipt.microseconds) µs)"
        )
        if receipt.cutSessions > 0 { print("\(receipt.cutSessions) sessions cut") }
        if !receipt.missingDevices.isEmpty {
            Console.tell("devices that are not there yet: \(receipt.missingDevices.joined(separator: ", "))")
        }
    }

    private func fate() throws -> SessionFate {
        if drain { return .drain }
        guard let cutAfter else { return .cut }
        do {
            let parts = try TimeText.duration(cutAfter).components
            return .cutAfter(seconds: Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
        } catch {
            throw ValidationError("--cut-after: \(error)")
        }
    }
}
