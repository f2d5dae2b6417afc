import Model

/// The request was let in and its answer refused: rules without state let one way pass and forgot the other.
///
/// It is a fault of the policy and no attack. Requests are remembered for two minutes; three answers to different requests are
/// found.
final class RefusedAnswers: Detection {
    private static let memory = Span.minutes(2)
    private static let answers = 3
    private static let quiet = Span.hours(6)
    private static let size = 1 << 16

    private struct Service {
        var marks: [OpenFinding.Mark] = []
        var finding: OpenFinding?
    }

    /// What passed lately, by five-tuple: a later one takes the place of an earlier one.
    private var passed = [UInt64](repeating: 0, count: size)
    private var times = [Int64](repeating: 0, count: size)
    private var services = AgingTable<Service>(
        capacity: Limit.sourcesOfDetection.bound, horizon: Span.hours(24), empty: Service())

    var evicted: Int { services.evicted }

    private static func key(_ from: UInt64, _ port: UInt16, _ to: UInt64, _ other: UInt16, _ transport: UInt8) -> UInt64
    {
        Mixing.key(Mixing.key(from, to), UInt64(port) << 24 | UInt64(other) << 8 | UInt64(transport))
    }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard flow.initiatorPort > 0, flow.targetPort > 0, !flow.isReply else { return }
        guard flow.outcome == .refused else {
            let key = Self.key(
                sight.initiatorKey, flow.initiatorPort, sight.targetKey, flow.targetPort, flow.transport)
            let place = Int(truncatingIfNeeded: key) & (Self.size - 1)
            (passed[place], times[place]) = (key, flow.start)
            return
        }
        let key = Self.key(sight.targetKey, flow.targetPort, sight.initiatorKey, flow.initiatorPort, flow.transport)
        let place = Int(truncatingIfNeeded: key) & (Self.size - 1)
        guard passed[place] == key, flow.start - times[place] <= Self.memory else { return }
        let service = UInt64(flow.transport) << 16 | UInt64(flow.initiatorPort)
        let (slot, _) = services.slot(Mixing.key(sight.initiatorKey, service), at: flow.start)
        if let finding = services.values[slot].finding, flow.start - finding.lastSeen <= Self.quiet {
            finding.add(.init(flow))
            return
        }
        services.values[slot].marks.append(.init(flow))
        guard services.values[slot].marks.count >= Self.answers else { return }
        let finding = book.begin(
            .answerRefused, .initiator(flow.initiator), at: flow.start, contacts: Self.answers, severity: .info,
            services.values[slot].marks)
        finding?.certainty = 50
        finding?.parameters = [("memory", TimeWords.length(Self.memory)), ("answers", "\(Self.answers)")]
        finding?.note = "let answers of port \(flow.initiatorPort) out, or keep state"
        services.values[slot] = Service(marks: [], finding: finding)
    }
}
