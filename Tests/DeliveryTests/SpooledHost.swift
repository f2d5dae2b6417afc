import Buckets
import Delivery
import Host
import Model
import Spools
import Synchronization

/// A host with a real spool, a history made by hand, and its delivery.
final class SpooledHost: Sendable {
    private struct State {
        var spool: Spool
        var delivery: CollectorDelivery
        /// What was in force since when.
        var history: [(since: Timestamp, ownership: Ownership)] = []
        var closedUntil = Timestamp(nanoseconds: 0)
        var flushed: Timestamp?
    }

    let folder: String
    private let catalogue: Catalogue
    private let signer: ManifestSigner?
    private let state: Mutex<State>

    init(_ folder: String, catalogue: Catalogue = Catalogue(), signer: ManifestSigner? = nil) throws {
        self.folder = folder
        self.signer = signer
        self.catalogue = catalogue
        state = Mutex(State(spool: try Spool(folder: folder + "/spool"), delivery: try Self.delivery(folder, signer)))
    }

    private static func delivery(_ folder: String, _ signer: ManifestSigner?) throws -> CollectorDelivery {
        try CollectorDelivery(.init(dataFolder: folder, stateFile: "\(folder)/state/delivery.json"), signer: signer)
    }

    var delivery: CollectorDelivery { state.withLock { $0.delivery } }

    /// Reads the delivery state from disk again, as a new process does.
    func restart() throws {
        let delivery = try Self.delivery(folder, signer)
        state.withLock { $0.delivery = delivery }
    }

    // MARK: What happens

    /// Says what is in force from the end of the last closed window on.
    func adopt(_ revision: Revision, interfaces: Set<Identifier<Interface>>? = nil) {
        let ownership = Ownership(revision.policy, interfaces: interfaces)
        state.withLock { $0.history.append(($0.closedUntil.advanced(by: .nanoseconds(1)), ownership)) }
    }

    /// Puts records on disk whose window is still open.
    func record(_ records: [FlowRecord]) throws {
        try state.withLock { state in
            for record in records { state.spool.append(record) }
            try state.spool.commit(state.spool.position)
        }
    }

    func lose(_ interfaces: [Identifier<Interface>]) {
        state.withLock { state in
            for interface in interfaces {
                state.spool.append(
                    LossStatement(
                        interface: interface, way: .out, reason: .notListening, traffic: Traffic(packets: 1, bytes: 60),
                        since: state.closedUntil, until: state.closedUntil))
            }
        }
    }

    /// Closes the open window.
    func close(at end: Timestamp, records: [FlowRecord] = []) throws {
        try state.withLock { state in
            for record in records { state.spool.append(record) }
            var position = state.spool.position
            position.closed = end.nanoseconds
            try state.spool.commit(position)
            state.closedUntil = end
        }
    }

    /// Closes the window that begins `index` minutes after `Estate.minute`, all of it under a revision.
    func close(
        _ index: Int, _ revision: Revision, records: [FlowRecord] = [], lossy: [Identifier<Interface>] = []
    ) throws {
        adopt(revision)
        lose(lossy)
        try close(at: Estate.end(index), records: records)
    }

    /// Loses everything that is in the spool, as where a disk was full.
    func forget() throws {
        try state.withLock { state in
            let path = "\(folder)/spool"
            let next = String(state.spool.next)
            for name in try DurableFile.list(path) { try DurableFile.remove("\(path)/\(name)") }
            let name = String(repeating: "0", count: 20 - next.count) + next + ".spool"
            try DurableFile.replace("\(path)/\(name)", with: [])
            state.spool = try Spool(folder: path)
        }
    }

    func flush() { state.withLock { $0.flushed = $0.closedUntil } }

    // MARK: Delivery

    var source: DeliverySource {
        state.withLock { state in
            let history = state.history
            return DeliverySource(
                spool: SpoolReader(folder: folder + "/spool"), windowLength: .seconds(60),
                closedUntil: state.closedUntil,
                present: max(state.closedUntil, history.last?.since ?? state.closedUntil), flushed: state.flushed,
                ownership: { instant in
                    history.last { $0.since <= instant }?.ownership ?? Ownership(.empty)
                })
        }
    }

    /// What is due next.
    func next(_ bucket: String = "file:logs") throws -> DeliveryRound? {
        guard case .round(let round) = try DeliveryRound.next(for: bucket, after: delivery.state[bucket], source) else {
            return nil
        }
        return round
    }

    /// Delivers what is due to a bucket, and what was done.
    @discardableResult
    func deliver(to bucket: String) async throws -> CollectorDelivery.Receipt {
        var sum = CollectorDelivery.Receipt()
        while true {
            switch try DeliveryRound.next(for: bucket, after: delivery.state[bucket], source) {
            case .nothing(let until, let sequence):
                try await delivery.settle(bucket, until: until, sequence: sequence)
                return sum
            case .round(let round):
                let receipt = try await delivery.deliver(
                    round, to: bucket, from: source.spool, catalogue: catalogue)
                sum.written += receipt.written
                sum.alreadyThere += receipt.alreadyThere
            }
        }
    }

    /// Delivers what is due to all buckets; the first error comes after all had their turn.
    @discardableResult
    func deliver() async throws -> CollectorDelivery.Receipt {
        var sum = CollectorDelivery.Receipt()
        var refusal: (any Error)?
        let source = source
        let buckets = Set(try source.ownership(source.present).buckets.values)
        for bucket in buckets.sorted() {
            do {
                let receipt = try await deliver(to: bucket)
                sum.written += receipt.written
                sum.alreadyThere += receipt.alreadyThere
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
        return sum
    }

    /// Closes a window and delivers what is due.
    @discardableResult
    func pass(
        _ index: Int, _ revision: Revision, records: [FlowRecord] = [], lossy: [Identifier<Interface>] = []
    ) async throws -> CollectorDelivery.Receipt {
        try close(index, revision, records: records, lossy: lossy)
        return try await deliver()
    }
}
