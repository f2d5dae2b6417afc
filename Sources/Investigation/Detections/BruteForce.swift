import Model

/// Passwords that are tried: short sessions of one source at one login service, one after the other.
///
/// A session counts where data was exchanged, both ways few, within a minute: health checks that only connect do not. From outside
/// ten in ten minutes are found, within the network twenty and five times what the pair is used to. A longer session afterwards is
/// a success.
final class BruteForce: Detection {
    private static let window = Span.minutes(10)
    private static let outside = 10
    private static let within = 20
    private static let quiet = Span.hours(1)
    /// Bytes of one way of an attempt, at most.
    private static let attemptBytes: UInt64 = 10_000
    private static let leastBytes: UInt64 = 250

    private struct Pair {
        var marks: [OpenFinding.Mark] = []
        /// The most attempts of a window before this one, and when the pair was first seen.
        var usual = 0
        var windowBegan: Int64 = 0
        var inWindow = 0
        var finding: OpenFinding?
        var bytes: UInt64 = 0
        var attempts: UInt64 = 0
    }

    private var pairs = AgingTable<Pair>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(24 * 7), empty: Pair())

    var evicted: Int { pairs.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard flow.transport == 6, !flow.isReply, !sight.isEcho, sight.isTargetOwn, !sight.isToGroup,
            ServicePorts.login.contains(flow.targetPort)
                || !sight.isInitiatorOwn && ServicePorts.database.contains(flow.targetPort),
            flow.outcome == .answered || flow.outcome == .passed
        else { return }
        let (slot, _) = pairs.slot(sight.contactKey, at: flow.start)
        let length = flow.end - flow.start
        let isShort = length <= Span.minutes(1) && flow.bytes <= Self.attemptBytes && flow.answered <= Self.attemptBytes
        if flow.isContinuing || !isShort {
            succeed(&pairs.values[slot], flow)
            return
        }
        guard flow.bytes >= Self.leastBytes, flow.outcome == .passed || flow.answered >= Self.leastBytes else { return }
        attempt(&pairs.values[slot], flow, isOwn: sight.isInitiatorOwn, book)
    }

    private func attempt(_ pair: inout Pair, _ flow: Observation, isOwn: Bool, _ book: FindingBook) {
        if let finding = pair.finding {
            if flow.start - finding.lastSeen <= Self.quiet {
                finding.add(.init(flow))
                finding.certainty = min(60, finding.certainty + 0.2)
                return
            }
            pair = Pair()
        }
        if flow.start - pair.windowBegan > Self.window {
            pair.usual = max(pair.usual, pair.inWindow)
            (pair.windowBegan, pair.inWindow) = (flow.start, 0)
        }
        pair.inWindow += 1
        pair.marks.removeAll { flow.start - $0.start > Self.window }
        pair.marks.append(.init(flow))
        pair.bytes += flow.bytes
        pair.attempts += 1
        let wanted = isOwn ? max(Self.within, 5 * pair.usual) : Self.outside
        if pair.marks.count > OpenFinding.mostListed { pair.marks.removeFirst() }
        guard isOwn ? pair.inWindow >= wanted || pair.marks.count >= wanted : pair.marks.count >= wanted else { return }
        pair.finding = book.begin(
            .bruteForce, .initiator(flow.initiator), at: flow.start, contacts: pair.marks.count,
            severity: isOwn ? .high : .medium, pair.marks)
        pair.finding?.certainty = 45
        pair.finding?.parameters = [
            ("attempts", "\(wanted)"), ("window", TimeWords.length(Self.window)),
            ("bytes of an attempt", "at most \(Self.attemptBytes)"),
        ]
        pair.marks = []
    }

    /// A session that is more than an attempt, after attempts that were found.
    private func succeed(_ pair: inout Pair, _ flow: Observation) {
        guard let finding = pair.finding, flow.start - finding.lastSeen <= Self.quiet else { return }
        finding.add(.init(flow))
        finding.severity = .critical
        finding.certainty = 60
        finding.note = "a session that lasted or carried more followed the attempts: a password may have been right"
    }
}
