/// A finding that may still grow.
final class OpenFinding {
    /// Who it is about.
    enum Entity: Hashable {
        case initiator(UInt128)
        case target(UInt128)
        /// An address at either end.
        case either(UInt128)
        case service(transport: UInt8, port: UInt16)
    }

    static let mostListed = 64

    var kind: FindingKind
    let entity: Entity
    private(set) var firstSeen: Int64
    private(set) var lastSeen: Int64
    let foundAt: Int64
    var contacts: Int
    private(set) var records = 0
    private(set) var evidence: [RecordKey] = []
    private(set) var targets: [UInt128] = []
    private(set) var targetCount = DistinctCount()
    private(set) var ports: [UInt16] = []
    private(set) var portCount = DistinctCount()
    private(set) var transport: UInt8?
    private(set) var rules: [UInt32] = []
    private(set) var interfaces: [UInt32] = []
    /// Requests of it that were answered.
    var reached = 0
    /// Requests of it that the policy let pass and nobody answered.
    var passed = 0
    /// Points of the evidence itself, 0 to 60.
    var certainty = 0.0
    var severity: Severity
    var parameters: [(name: String, value: String)] = []
    var note: String?
    /// Told as a part of another finding, or taken back.
    var isWithdrawn = false

    init(_ kind: FindingKind, _ entity: Entity, at time: Int64, contacts: Int, severity: Severity) {
        (self.kind, self.entity, self.contacts, self.severity) = (kind, entity, contacts, severity)
        (firstSeen, lastSeen, foundAt) = (time, time, time)
    }

    /// A record that is evidence, kept until a finding needs it.
    struct Mark: BitwiseCopyable {
        let record: RecordKey
        let start: Int64
        let end: Int64
        /// The other end, or ends, of what the finding is about.
        let target: UInt128
        let port: UInt16
        let transport: UInt8
        let outcome: Outcome
        let rule: UInt32
        let interface: UInt32

        init(_ flow: Observation, target: UInt128? = nil) {
            (record, start, end) = (flow.record, flow.start, flow.end)
            self.target = target ?? flow.target
            (port, transport, outcome) = (flow.targetPort, flow.transport, flow.outcome)
            (rule, interface) = (flow.rule, flow.interface)
        }
    }

    /// Adds a record.
    func add(_ mark: Mark) {
        records += 1
        firstSeen = min(firstSeen, mark.start)
        lastSeen = max(lastSeen, mark.end)
        if evidence.count < Self.mostListed { evidence.append(mark.record) }
        if targetCount.insert(Mixing.key(mark.target)), targets.count < Self.mostListed, !targets.contains(mark.target)
        {
            targets.append(mark.target)
        }
        if mark.port > 0, portCount.insert(Mixing.key(UInt64(mark.port))), ports.count < Self.mostListed,
            !ports.contains(mark.port)
        {
            ports.append(mark.port)
        }
        if records == 1 { transport = mark.transport }
        if transport != mark.transport { transport = nil }
        switch mark.outcome {
        case .refused: break
        case .unanswered, .reset, .passed: passed += 1
        case .halfOpen, .answered: reached += 1
        }
        if mark.outcome != .refused { Self.note(mark.rule, &rules) }
        Self.note(mark.interface, &interfaces)
    }

    /// Takes over what another finding has.
    func absorb(_ other: OpenFinding) {
        records += other.records
        (firstSeen, lastSeen) = (min(firstSeen, other.firstSeen), max(lastSeen, other.lastSeen))
        evidence = Array((evidence + other.evidence.filter { !evidence.contains($0) }).prefix(Self.mostListed))
        for target in other.targets where targetCount.insert(Mixing.key(target)) {
            if targets.count < Self.mostListed, !targets.contains(target) { targets.append(target) }
        }
        for port in other.ports where portCount.insert(Mixing.key(UInt64(port))) {
            if ports.count < Self.mostListed, !ports.contains(port) { ports.append(port) }
        }
        (reached, passed) = (reached + other.reached, passed + other.passed)
        severity = max(severity, other.severity)
        for rule in other.rules { Self.note(rule, &rules) }
        for interface in other.interfaces { Self.note(interface, &interfaces) }
    }

    private static func note(_ number: UInt32, _ list: inout [UInt32]) {
        if number != 0, list.count < 16, !list.contains(number) { list.append(number) }
    }
}
