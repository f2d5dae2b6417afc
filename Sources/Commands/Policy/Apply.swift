import ArgumentParser
import Foundation
import Host
import Link
import Model
import NIOHTTP1
import Policy
import PolicyFiles
import Records
import Terminal

struct Apply: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a policy file the next revision: in the kernel whole, or not at all.",
        discussion: """
            With --server the file's objects are made so in the control plane, in the token's project; what the file does not
            name stays, unless --prune is given. Without it this host's own agent is meant, also where GATEHOUSE_SERVER is set.

            Example: gatehouse apply -f shop.yaml --plan
            """)

    @Option(name: .shortAndLong, help: "The policy file; - is standard input.")
    var file: String?

    @Option(help: "In place of a file an earlier revision, whose policy becomes the next one.")
    var revision: Int?

    @Flag(help: "Show what would change against the latest revision, and change nothing.")
    var plan = false

    @Flag(help: "Let live sessions that are no longer admitted go on until they end.")
    var drain = false

    @Option(
        help: "Cut such sessions after this time, as 30s or 5m; without it and without --drain they are cut at once.")
    var cutAfter: String?

    @Flag(help: "With --server: remove groups and interfaces of the project that the file does not name.")
    var prune = false

    @Option(help: "With --server: the host that has the devices (default: this machine's name).")
    var host = Machine.hostName

    @Option(help: "https://NAME:PORT of a control plane, instead of this host's own agent.")
    var server: String?

    @OptionGroup var access: AccessOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        if let named { try access.check(named) }
        if (file == nil) == (revision == nil) {
            throw ValidationError("what is to be applied? give --file FILE or --revision N, one of them")
        }
        if revision != nil, server != nil {
            throw ValidationError("--revision and --server: a control plane has revisions of its own; give a file")
        }
        if prune, server == nil {
            throw ValidationError("--prune: only with --server; a file for one host says all")
        }
        if drain, cutAfter != nil { throw ValidationError("--drain and --cut-after: give one of them") }
        _ = try fate()
    }

    func run() throws {
        let (policy, origin) = try wanted()
        if let named {
            if !plan { try BrokenAssertions.refuse(policy) }
            var sent = policy
            // A control plane keeps none: they are checked here, each time.
            sent.assertions = nil
            if policy.assertions?.isEmpty == false {
                Console.tell("assertions are checked here, by the file alone; a control plane keeps none")
            }
            try declare(sent, try access.client(named))
            let broken = BrokenAssertions.lines(policy)
            for line in broken { print(Console.paint(line, .red)) }
            if !broken.isEmpty { throw ExitCode.no }
            return
        }
        let former = try RevisionStore(data.folder).latest() ?? .none
        // As the agent adopts it: a rule that stays has the id that it had.
        let next = former.next(policy: policy, actor: "", origin: origin, at: .now)
        let difference = PolicyDifference(from: former.policy, to: next.policy)
        for line in difference.lines { print(Console.paint(line.text, line.kind.colour)) }
        let since = former.number > 0 ? "against revision \(former.number)" : "against no policy"
        print("\(difference.summary) (\(since))")
        tellOverlaps(next.policy)
        if plan {
            let broken = BrokenAssertions.lines(next.policy)
            for line in broken { print(Console.paint(line, .red)) }
            try tellDevices(next.policy)
            if !broken.isEmpty { throw ExitCode.no }
            return
        }
        try BrokenAssertions.refuse(next.policy)
        let request = ControlRequest.apply(policy: policy, origin: origin, sessions: try fate())
        guard case .receipt(let receipt) = try AgentClient(data.folder).ask(request) else {
            throw NotFound.otherVersion
        }
        for line in receipt.lines(LocalTime(now: .now)) { print(line) }
    }

    /// What is to be applied, and where it is from.
    private func wanted() throws -> (policy: Policy, origin: String) {
        if let revision { return (try StoredRevisions(data).load(revision).policy, "revision \(revision)") }
        let file = file ?? "-"
        return (try PolicySource.load(file, "--file"), file)
    }

    /// Says which enterprise rules others hide; a thousand lines would hide the plan.
    private func tellOverlaps(_ policy: Policy) {
        guard let overlaps = policy.enterpriseOverlaps else {
            return Console.tell("the enterprise policy has too many rules to look for some that others hide")
        }
        for overlap in overlaps.prefix(20) { Console.tell(overlap.words) }
        if overlaps.count > 20 { Console.tell("and \(overlaps.count - 20) more enterprise rules are never asked") }
    }

    /// Says what the policy's devices are here, as the agent finds them: what it could not enforce it refuses.
    private func tellDevices(_ policy: Policy) throws {
        let answer: ControlResponse
        do {
            answer = try AgentClient(data.folder).ask(.outlook(policy: policy))
        } catch let failure as AgentClient.Failure {
            guard case .notRunning = failure else { throw failure }
            return Console.tell("no agent answers in data folder \(data.folder.path), so devices were not looked at")
        }
        guard case .outlook(let outlook) = answer else { throw NotFound.otherVersion }
        for line in outlook.lines { print(line) }
        if !outlook.notEnforced.isEmpty { throw ExitCode.no }
    }

    /// What is changed for many hosts is named each time: no variable stands for it.
    private var named: Setting? { Setting(server, "--server") }

    private func declare(_ policy: Policy, _ client: ServerClient) throws {
        let request = DeclareRequest(policy: policy, host: host, prunes: prune, isPlan: plan)
        let answer = try Waiting.value { try await client.send(.POST, "/api/policy", ControlCodec.encode(request)) }
        let json = try JSONSerialization.jsonObject(with: Data(answer)) as? [String: Any]
        let changes = json?["changes"] as? [String] ?? []
        for change in changes {
            print(Console.paint(change, change.hasPrefix("+") ? .green : change.hasPrefix("-") ? .red : .yellow))
        }
        let what = Wording.count(changes.count, "change")
        print(
            plan
                ? "\(what), none of them made"
                : "\(what); see gatehouse audit --request \(json?["request"] as? String ?? "")")
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

extension PolicyDifference.Change.Kind {
    var colour: Console.Colour {
        switch self {
        case .added: .green
        case .removed: .red
        case .changed: .yellow
        }
    }
}

extension Receipt {
    /// What a person wants to know of it.
    func lines(_ time: LocalTime) -> [String] {
        let took = microseconds < 10_000 ? "\(microseconds) µs" : "\(microseconds / 1000) ms"
        let since = time.text(appliedAt)
        var lines = ["revision \(revision) by \(actor) in the kernel of \(host) since \(since) (\(method), \(took))"]
        if cutSessions > 0 { lines.append("\(Wording.count(cutSessions, "session")) cut") }
        if !missingDevices.isEmpty {
            lines.append("enforced as soon as the device is there: \(missingDevices.joined(separator: ", "))")
        }
        lines += (notEnforced ?? []).map { "NOT ENFORCED: \($0.line)" }
        if let heldDevices, !heldDevices.isEmpty {
            lines.append(
                "refused everything until gone or released (gatehouse release): \(heldDevices.joined(separator: ", "))")
        }
        return lines
    }
}

extension DeviceOutlook {
    /// What a person wants to know before the policy is applied.
    var lines: [String] {
        var lines = missing.map { "device \($0) is not there: its name is judged as soon as something has it" }
        lines += held.map {
            "device \($0) is no longer named: it would be refused everything until it is gone, or released with "
                + "`gatehouse release \($0)`"
        }
        return lines + notEnforced.map { "would be refused, because it could not be enforced: \($0.line)" }
    }
}
