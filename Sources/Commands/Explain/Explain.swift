import ArgumentParser
import Host
import Link
import Model
import Records
import Terminal

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Why a session is accepted or refused, rule by rule, and what would change it.",
        discussion: """
            With --flow: what decided about a recorded flow, and what would be decided now. Exit code 3 when the \
            session is refused, or its answer is.

            Example: gatehouse explain web-1 10.1.3.10 tcp/5432
            """)

    @Argument(help: "Source: an address, an instance, or instance/interface.")
    var source: String?

    @Argument(help: "Target, likewise.")
    var target: String?

    @Argument(help: "Service: tcp/443, udp/53, icmp/8, …")
    var service: String?

    @Option(help: "By the revision in force at this time: so long ago, as 15m, or RFC 3339.")
    var at: String?

    @Option(help: "By this revision.")
    var revision: Int?

    @Option(help: "A flow record's id, HOST:NUMBER or NUMBER, instead of source, target and service.")
    var flow: String?

    @Option(name: .shortAndLong, help: "By this policy file, and no revision: no agent and no data folder are needed.")
    var file: String?

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func validate() throws {
        if flow != nil, source != nil {
            throw ValidationError("--flow: source, target and service come from the record")
        }
        if flow == nil, service == nil { throw ValidationError("give source, target and service, or --flow ID") }
        if at != nil, revision != nil { throw ValidationError("--at and --revision: give one of them") }
        if file != nil, at != nil || revision != nil || flow != nil {
            throw ValidationError("--file: --at, --revision and --flow are of revisions; give one of them")
        }
        _ = try choice()
    }

    func run() throws {
        if let file {
            let policy = try PolicySource.load(file, "--file")
            return try tell(PolicySource.revision(policy, after: .none, origin: file), Catalogue())
        }
        let folder = try data.existingFolder()
        let store = RevisionStore(folder)
        let revision = try choice().load(store)
        let catalogue = try store.catalogue(Console.warnUnreadable)
        if let flow {
            let record = try RecordedDecision.find(flow, host: Machine.hostName, spool: folder.spool)
            try tell(RecordedDecision(record, catalogue), revision, catalogue)
        } else {
            try tell(revision, catalogue)
        }
    }

    private func tell(_ revision: Revision, _ catalogue: Catalogue) throws {
        let question = try Question(
            source: source ?? "", target: target ?? "", service: service ?? "", revision: revision)
        let explanation = Explanation(
            question, revision: revision, catalogue: catalogue, at: try choice().instant ?? .now)
        if output.format == .table {
            for line in explanation.lines(LocalTime(now: .now)) { print(line) }
        } else {
            ObjectWriter.write(explanation.fields, output.format)
        }
        if !explanation.works { throw ExitCode.no }
    }

    private func tell(_ decision: RecordedDecision, _ revision: Revision, _ catalogue: Catalogue) throws {
        let explanation = decision.question(revision).map {
            Explanation($0, revision: revision, catalogue: catalogue)
        }
        if output.format == .table {
            for line in decision.lines(LocalTime(now: .now)) { print(line) }
            guard let explanation else {
                Console.tell("the record does not name addresses and port: what would be decided now cannot be said")
                if decision.record.verdict == .drop { throw ExitCode.no }
                return
            }
            print("now:")
            for line in explanation.lines(LocalTime(now: .now)) { print(line) }
        } else {
            let now = explanation.map { Datum.object($0.fields) } ?? .absent
            ObjectWriter.write([Field("then", .object(decision.fields)), Field("now", now)], output.format)
        }
        let works = explanation?.works ?? (decision.record.verdict == .accept)
        if !works { throw ExitCode.no }
    }

    private func choice() throws -> RevisionChoice {
        if let revision { return .number(revision) }
        guard let at else { return .latest }
        do {
            return .inForce(try TimeText.time(at, now: .now))
        } catch {
            throw ValidationError("--at: \(error)")
        }
    }
}
