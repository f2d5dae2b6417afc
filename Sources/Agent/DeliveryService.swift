import Capture
import Delivery
import Foundation
import Link
import Model
import Synchronization

/// Delivers closed windows to the collectors' buckets, beside the recorder, which never waits for it.
///
/// What is to be delivered is in the spool: the thread reads it from there, window by window, and tries again what failed.
final class DeliveryThread: Sendable {
    private struct State {
        var revision: Revision?
        var catalogue = Catalogue()
        var interfaces: Set<Identifier<Interface>> = []
        var isStopping = false
        var problem: String?
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let finished = DispatchSemaphore(value: 0)

    init(_ folder: DataFolder, host: String) throws {
        let worker = DeliveryWorker(folder)
        Thread.detachNewThread { [self] in
            var delivery: CollectorDelivery?
            while true {
                _ = wakeUp.wait(timeout: .now() + .seconds(10))
                let present = state.withLock { $0 }
                let (problem, next) = Self.wait { [delivery] in
                    var delivery = delivery
                    let problem = await worker.work(
                        &delivery, present.revision, present.catalogue, present.interfaces)
                    return (problem, delivery)
                }
                delivery = next
                state.withLock { $0.problem = problem }
                if present.isStopping { break }
            }
            finished.signal()
        }
    }

    /// Waits on this thread, which is there for it, until the work is done.
    private static func wait<Value: Sendable>(for work: @escaping @Sendable () async -> Value) -> Value {
        let result = Mutex<Value?>(nil)
        let done = DispatchSemaphore(value: 0)
        Task {
            let value = await work()
            result.withLock { $0 = value }
            done.signal()
        }
        while true {
            done.wait()
            if let value = result.withLock({ $0 }) { return value }
        }
    }

    /// Says that a window was closed, and what is in force.
    func wake(revision: Revision, catalogue: Catalogue, interfaces: Set<Identifier<Interface>>) {
        state.withLock {
            $0.revision = revision
            $0.catalogue = catalogue
            $0.interfaces = interfaces
        }
        wakeUp.signal()
    }

    /// What keeps records from their buckets at the moment.
    var problem: String? { state.withLock { $0.problem } }

    /// Delivers what is closed, for at most ten seconds, and ends the thread.
    func stop() {
        state.withLock { $0.isStopping = true }
        wakeUp.signal()
        _ = finished.wait(timeout: .now() + .seconds(10))
    }
}

/// One round of delivery: every window that the spool says is closed and that is not in its buckets yet.
struct DeliveryWorker: Sendable {
    private let folder: DataFolder

    init(_ folder: DataFolder) { self.folder = folder }

    func work(
        _ delivery: inout CollectorDelivery?, _ revision: Revision?, _ catalogue: Catalogue,
        _ interfaces: Set<Identifier<Interface>>
    ) async -> String? {
        guard let revision, !revision.policy.collectors.isEmpty else { return nil }
        do {
            var present =
                try delivery ?? CollectorDelivery(.init(dataFolder: folder.path, stateFile: folder.delivery))
            defer { delivery = present }
            for window in try windows(after: present.state, revision, interfaces) {
                _ = try await present.deliver(window, catalogue: catalogue)
            }
            return nil
        } catch {
            return "\(error)"
        }
    }

    private func windows(
        after state: DeliveryState, _ revision: Revision, _ interfaces: Set<Identifier<Interface>>
    ) throws -> [ClosedWindow] {
        var records: [Timestamp: [FlowRecord]] = [:]
        var ends: [Timestamp: Timestamp] = [:]
        var lossy: Set<Timestamp> = []
        var closed = Timestamp(nanoseconds: 0)
        try SpoolReader(folder: folder.spool).forEach(from: state.deliveredSequence + 1) { item in
            switch item {
            case .record(let record):
                records[record.windowStart, default: []].append(record)
                ends[record.windowStart] = record.windowEnd
            case .loss(let loss): lossy.insert(loss.until)
            case .closed(let instant): closed = max(closed, Timestamp(nanoseconds: instant))
            }
        }
        return ends.filter { $0.value <= closed }.sorted { $0.key < $1.key }.map { start, end in
            ClosedWindow(
                start: start, end: end, records: records[start] ?? [],
                hasLoss: lossy.contains { start <= $0 && $0 < end }, revision: revision, interfaces: interfaces)
        }
    }
}
