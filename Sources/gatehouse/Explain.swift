import ArgumentParser
import Capture
import Host
import Link
import Model
import Policy
import Records

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Why a session is accepted or refused, rule by rule, and what would change it.",
        discussion: """
            Exit code 3 when the session is refused.

            Example: gatehouse explain web-1 10.1.3.10 tcp/5432
            """)

    @Argument(help: "Source: an address, an instance, or instance/interface.")
    var source: String?

    @Argument(help: "Target, likewise.")
    var target: String?

    @Argument(help: "Service: tcp/443, udp/53, icmp/8, …")
    var service: String?

    @Option(help: "As of this time: a span back as 15m, or RFC 3339.")
    var at: String?

    @Option(help: "As of this revision.")
    var revision: Int?

    @Option(help: "Explain the flow record of this number instead.")
    var flow: UInt64?

    @OptionGroup var data: DataOptions

    func validate() throws {
        if flow == nil, service == nil { throw ValidationError("give source, target and service, or --flow NUMBER") }
        if at != nil, revision != nil { throw ValidationError("--at and --revision: give one of them") }
    }

    func run() throws {
        let store = RevisionStore(try data.existingFolder())
        let catalogue = try store.catalogue()
        let revision = try chosenRevision(store)
        let key: FlowKey
        if let flow {
            let record = try find(flow)
            try tell(record, catalogue)
            print("\nNow, in revision \(revision.number):")
            key = record.key
        } else {
            key = try askedKey(revision)
            print("\(key.initiator) → \(key.target) \(service ?? "") in revision \(revision.number):")
        }
        let trace = Classifier(revision).trace(Packet(key, from: origin(key.initiator, revision)))
        print(trace)
        for leg in trace.judgement.legs {
            guard let reference = catalogue.rule(leg.rule) else { continue }
            let maker = Wording.origin(reference, catalogue)
            print(
                "decided at \(leg.direction): \(reference.text) [\(leg.rule.short)]\(maker.isEmpty ? "" : ", made by \(maker)")"
            )
        }
        if trace.judgement.verdict == .drop { throw ExitCode.no }
    }

    private func chosenRevision(_ store: RevisionStore) throws -> Revision {
        let numbers = try store.numbers()
        guard !numbers.isEmpty else {
            throw NotFound("no policy was applied yet; apply one with `gatehouse apply -f FILE`")
        }
        if let revision {
            guard let found = try store.load(revision) else {
                throw NotFound("--revision \(revision): there are \(numbers.first ?? 0) to \(numbers.last ?? 0)")
            }
            return found
        }
        guard let at else { return try store.latest() ?? .none }
        let instant: Timestamp
        do {
            instant = try TimeText.time(at, now: Timestamp(nanoseconds: SystemClock.realtime))
        } catch {
            throw ValidationError("--at: \(error)")
        }
        for number in numbers.reversed() {
            if let found = try store.load(number), found.madeAt <= instant { return found }
        }
        throw NotFound("--at \(at): the first revision is younger")
    }

    private func find(_ sequence: UInt64) throws -> FlowRecord {
        var found: FlowRecord?
        try SpoolReader(folder: data.folder.spool).forEach(from: sequence) {
            if case .record(let record) = $0, record.sequence == sequence { found = record }
        }
        guard let found else {
            throw NotFound("--flow \(sequence): there is no such record; `gatehouse flows --output json` shows numbers")
        }
        return found
    }

    private func tell(_ record: FlowRecord, _ catalogue: Catalogue) throws {
        var table = Table([
            "WINDOW", "INTERFACE", "WAY", "VERDICT", "INITIATOR", "TARGET", "SERVICE", "STATE", "SENT", "ANSWERED",
            "RULE",
        ])
        table.add(Flows.cells(record, catalogue))
        print(table.text)
        guard let reference = catalogue.rule(record.rule) else { return }
        let maker = Wording.origin(reference, catalogue)
        print(
            "decided in revision \(record.revision) by: \(reference.text) [\(record.rule)]\(maker.isEmpty ? "" : ", made by \(maker)")"
        )
    }

    private func askedKey(_ revision: Revision) throws -> FlowKey {
        let asked = try service.map { try RuleText(parsing: "ingress \($0) from any").service }
        let from = try addresses(source ?? "", revision, "source")
        let to = try addresses(target ?? "", revision, "target")
        let wanted = asked?.family
        for initiator in from {
            for goal in to where goal.family == initiator.family && (wanted ?? goal.family) == goal.family {
                return Self.key(asked ?? .any, initiator, goal)
            }
        }
        throw NotFound(
            "source \(source ?? "") and target \(target ?? "") have no addresses of one family for \(service ?? "")")
    }

    private static func key(_ service: Service, _ initiator: IPAddress, _ target: IPAddress) -> FlowKey {
        switch service {
        case .any: FlowKey(initiator: initiator, target: target, transport: .tcp, initiatorPort: 49_152)
        case .transport(let transport, let ports):
            FlowKey(
                initiator: initiator, target: target, transport: transport,
                initiatorPort: transport.hasPorts ? 49_152 : 0, targetPort: ports?.lower ?? 0)
        case .icmp(let transport, let type, let code):
            FlowKey(
                initiator: initiator, target: target, transport: transport,
                initiatorPort: UInt16(type ?? (transport == .icmp ? 8 : 128)), targetPort: UInt16(code ?? 0))
        }
    }

    private func addresses(_ text: String, _ revision: Revision, _ field: String) throws -> [IPAddress] {
        if let address = IPAddress(text) { return [address] }
        let found = revision.policy.placements.filter { $0.label == text || $0.instanceName == text }
        guard !found.isEmpty else {
            let known = revision.policy.placements.prefix(5).map(\.label).joined(separator: ", ")
            throw NotFound(
                "\(field) \"\(text)\": neither an address nor an interface of revision \(revision.number); there are \(known)"
            )
        }
        return found.flatMap(\.addresses)
    }

    private func origin(_ address: IPAddress, _ revision: Revision) -> Packet.Origin {
        revision.policy.placements.first { $0.addresses.contains(address) }.map { .interface($0.interface) } ?? .outside
    }
}
