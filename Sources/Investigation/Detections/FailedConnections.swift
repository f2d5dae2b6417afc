import Model

/// One source fails again and again at one service: twenty times in five minutes, and five times as often as it is used to.
///
/// It is trouble rather than an attack: a service is gone, or a rule is missing. Scanners are told as such.
final class FailedConnections: Detection {
    private static let window = Span.minutes(5)
    private static let failures = 20
    private static let quiet = Span.hours(1)

    private struct Contact {
        var marks: [OpenFinding.Mark] = []
        var finding: OpenFinding?
        var usual = 0
        var windowBegan: Int64 = 0
        var inWindow = 0
    }

    private let scans: Scans
    private var contacts = AgingTable<Contact>(
        capacity: Limit.placesOfDetection.bound, horizon: Span.hours(24), empty: Contact())

    var evicted: Int { contacts.evicted }

    init(_ scans: Scans) { self.scans = scans }

    func take(_ sight: Sight, _ book: FindingBook) {
        let flow = sight.flow
        guard sight.isRequest, flow.outcome.isFailure, !flow.isCoarse, flow.transport == 6 || flow.outcome == .refused,
            !(sight.isInitiatorOwn && !sight.isTargetOwn && flow.outcome == .refused)
        else { return }
        let (slot, _) = contacts.slot(sight.contactKey, at: flow.start)
        let isScanning = scans.isScanning(sight.initiatorKey, at: flow.start)
        step(&contacts.values[slot], flow, isOwn: sight.isInitiatorOwn, isScanning: isScanning, book)
    }

    private func step(
        _ contact: inout Contact, _ flow: Observation, isOwn: Bool, isScanning: Bool, _ book: FindingBook
    ) {
        if let finding = contact.finding {
            if flow.start - finding.lastSeen <= Self.quiet {
                finding.add(.init(flow))
                return
            }
            contact.finding = nil
        }
        if flow.start - contact.windowBegan > Self.window {
            contact.usual = max(contact.usual, contact.inWindow)
            (contact.windowBegan, contact.inWindow) = (flow.start, 0)
        }
        contact.inWindow += 1
        contact.marks.removeAll { flow.start - $0.start > Self.window }
        contact.marks.append(.init(flow))
        if contact.marks.count > OpenFinding.mostListed { contact.marks.removeFirst() }
        guard contact.marks.count >= Self.failures, contact.inWindow >= 5 * contact.usual || contact.usual < 4,
            !isScanning
        else { return }
        contact.finding = book.begin(
            .failedConnectionBurst, .initiator(flow.initiator), at: flow.start, contacts: contact.marks.count,
            severity: .low, contact.marks)
        contact.finding?.certainty = 30
        contact.finding?.parameters = [("failures", "\(Self.failures)"), ("window", TimeWords.length(Self.window))]
        contact.marks = []
    }
}
