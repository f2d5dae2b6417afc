import Buckets
import Capture
import Delivery
import Foundation
import Link
import Model

/// Reads the windows that a bucket does not have yet from the spool.
struct PendingWindows: Sendable {
    /// At most so many records are read at a time, and the rest of their window.
    private static let records = 1_000_000

    private let folder: DataFolder
    private let present: DeliveryService.Present
    private let windowLength: Duration

    init(_ folder: DataFolder, _ present: DeliveryService.Present, windowLength: Duration) {
        self.folder = folder
        self.present = present
        self.windowLength = windowLength
    }

    func windows(after progress: DeliveryState.Progress) async throws -> [ClosedWindow] {
        let result: Result<[ClosedWindow], any Error> = await onBlockingThread {
            Result { try read(after: progress) }
        }
        return try result.get()
    }

    private func read(after progress: DeliveryState.Progress) throws -> [ClosedWindow] {
        let delivered = progress.deliveredUntil ?? Timestamp(nanoseconds: 0)
        var found = Found(expected: progress.deliveredSequence + 1)
        try SpoolReader(folder: folder.spool).forEach(
            from: progress.deliveredSequence + 1,
            isEnough: { found.count >= Self.records && (found.closed.last ?? delivered) > delivered }
        ) { found.add($0) }
        var revisions: [Int: Revision] = [:]
        var start = delivered
        var windows: [ClosedWindow] = []
        for end in found.ends where end > delivered && end <= present.closedUntil {
            let number = revision(at: end)
            let revision = try revisions[number] ?? load(number)
            revisions[number] = revision
            let records = found.records.removeValue(forKey: end) ?? []
            // A window without records has no other start than this.
            start = max(start, records.first?.windowStart ?? end.advanced(by: .zero - windowLength))
            let isLossy = found.losses.contains { start <= $0 && $0 < end }
            windows.append(
                ClosedWindow(
                    start: start, end: end, records: records, hasLoss: isLossy || found.lacksBefore(end),
                    revision: revision, interfaces: present.interfaces, policy: present.revision.policy))
            start = end
        }
        return windows
    }

    /// The number of the revision that was in force at an instant.
    private func revision(at instant: Timestamp) -> Int {
        let earlier = present.history.filter { $0.key <= instant.nanoseconds }
        return earlier.max { $0.key < $1.key }?.value ?? 0
    }

    private func load(_ number: Int) throws -> Revision {
        if number == present.revision.number { return present.revision }
        return try RevisionStore(folder).load(number) ?? .none
    }
}

/// What the spool has after a record number.
private struct Found {
    var records: [Timestamp: [FlowRecord]] = [:]
    var losses: [Timestamp] = []
    /// Ends of windows, rising.
    var closed: [Timestamp] = []
    var count = 0
    private let expected: UInt64
    private var gapUntil: Timestamp?
    private var isFirst = true

    init(expected: UInt64) { self.expected = expected }

    mutating func add(_ item: SpoolItem) {
        switch item {
        case .record(let record):
            note(record.sequence, record.windowEnd)
            records[record.windowEnd, default: []].append(record)
            count += 1
        case .loss(let loss):
            note(loss.sequence, loss.until)
            losses.append(loss.until)
        case .closed(let nanoseconds):
            let end = Timestamp(nanoseconds: nanoseconds)
            if end > closed.last ?? Timestamp(nanoseconds: 0) { closed.append(end) }
        }
    }

    /// Ends of the windows that are complete, rising: those that were closed, and those that an agent did not live to close.
    var ends: [Timestamp] {
        guard let last = closed.last else { return [] }
        return Set(closed).union(records.keys.filter { $0 <= last }).sorted()
    }

    /// Numbers have no holes: when the first is not the one that follows, segments in between are gone.
    private mutating func note(_ sequence: UInt64, _ instant: Timestamp) {
        if isFirst, expected > 1, sequence > expected { gapUntil = instant }
        isFirst = false
    }

    /// Whether this is the first window after records that are gone from the spool.
    mutating func lacksBefore(_ end: Timestamp) -> Bool {
        guard let gap = gapUntil, gap <= end else { return false }
        gapUntil = nil
        return true
    }
}
