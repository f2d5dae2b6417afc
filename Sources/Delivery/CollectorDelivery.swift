import Buckets
import Gzip
package import Model
package import Records

/// Delivers closed windows into the buckets of collectors, each window once, in order.
///
/// For each interface of an active collector a window gives one `ingress` and one `egress` object, also where there is
/// nothing to tell: silence is data. Keys come from the delivery state and the window alone. A window counts as
/// delivered when the state says so on disk, which is after all its objects; until then the same call writes the same
/// keys, and finds those that are there. It is called by one thread of its own and blocks on the disk.
package struct CollectorDelivery: Sendable {
    package struct Configuration: Hashable, Sendable {
        /// Where buckets with relative paths lie.
        package var dataFolder: String
        package var stateFile: String
        package var options: IBMFlowLog.Options

        package init(dataFolder: String, stateFile: String, options: IBMFlowLog.Options = IBMFlowLog.Options()) {
            self.dataFolder = dataFolder
            self.stateFile = stateFile
            self.options = options
        }
    }

    /// What a delivery did.
    package struct Receipt: Hashable, Sendable {
        /// Objects that were written now.
        package var written = 0
        /// Objects that an earlier attempt had written.
        package var alreadyThere = 0
        /// Whether the whole window had been delivered before.
        package var isRepeated = false
    }

    private let configuration: Configuration
    /// As it is on disk.
    package private(set) var state: DeliveryState

    /// Reads the state that an earlier run left.
    package init(_ configuration: Configuration) throws(DeliveryError) {
        self.configuration = configuration
        self.state = try DeliveryState(readingFrom: configuration.stateFile)
    }

    /// Writes the objects of a window, then the state.
    ///
    /// When a bucket refuses, the objects of all others are written still; then the first error is thrown and the
    /// window stays pending. Later windows must wait for it.
    @discardableResult
    package mutating func deliver(
        _ window: ClosedWindow, catalogue: Catalogue
    ) async throws(DeliveryError) -> Receipt {
        if let until = state.deliveredUntil, window.end <= until { return Receipt(isRepeated: true) }
        guard window.start < window.end, window.start >= state.deliveredUntil ?? window.start else {
            throw .outOfOrder(start: window.start, end: window.end, deliveredUntil: state.deliveredUntil)
        }
        let attempt = DeliveryState.Attempt(start: window.start, end: window.end, revision: window.revision.number)
        let isOtherRevision = try begin(attempt)
        let plan = WindowPlan(window, state: state, options: configuration.options)
        var receipt = Receipt()
        var refusal: DeliveryError?
        for object in plan.objects {
            do {
                switch try await put(object, of: window, catalogue: catalogue, keepsOther: isOtherRevision) {
                case .written: receipt.written += 1
                case .alreadyThere: receipt.alreadyThere += 1
                }
            } catch {
                refusal = refusal ?? error
            }
        }
        if let refusal { throw refusal }
        var next = state
        next.streams = plan.streams
        next.deliveredUntil = window.end
        next.deliveredSequence = window.records.reduce(state.deliveredSequence) { max($0, $1.sequence) }
        next.attempt = nil
        try next.write(to: configuration.stateFile)
        state = next
        return receipt
    }

    /// Notes on disk which window is being delivered; true where an earlier attempt at it had another revision.
    private mutating func begin(_ attempt: DeliveryState.Attempt) throws(DeliveryError) -> Bool {
        if let earlier = state.attempt, earlier.start == attempt.start, earlier.end == attempt.end {
            return earlier.revision != attempt.revision
        }
        var next = state
        next.attempt = attempt
        try next.write(to: configuration.stateFile)
        state = next
        return false
    }

    /// Puts one object.
    ///
    /// An object that an earlier attempt at this window wrote under another revision holds the same records, told for
    /// another collector: it is whole, and it stays.
    private func put(
        _ object: WindowPlan.Object, of window: ClosedWindow, catalogue: Catalogue, keepsOther: Bool
    ) async throws(DeliveryError) -> PutOutcome {
        let log = IBMFlowLog(
            collector: object.collector, placement: object.placement, catalogue: catalogue,
            options: configuration.options)
        var content = ByteLine(capacity: 1024 + 640 * object.records.count)
        log.append(
            object.records, windowStart: window.start, windowEnd: window.end, hasLoss: window.hasLoss, to: &content)
        let compressed: [UInt8]
        do { compressed = try Gzip.compress(content.bytes) } catch { throw .compression(error) }
        do throws(BucketError) {
            let location = try BucketLocation(object.collector.bucket, dataFolder: configuration.dataFolder)
            let bucket = try location.open(CredentialStore(folder: "\(configuration.dataFolder)/credentials"))
            let key = object.key.description
            do {
                return try await bucket.put(compressed, key: key)
            } catch {
                guard case .differentContent = error else { throw error }
                if keepsOther { return .alreadyThere }
                guard try await holds(content.bytes, bucket, key) else { throw error }
                return .alreadyThere
            }
        } catch {
            throw .bucket(collector: object.collector.name, error)
        }
    }

    /// Whether an object holds this content in other bytes, as another release of zlib would have written it.
    private func holds(
        _ content: [UInt8], _ bucket: any Bucket, _ key: String
    ) async throws(BucketError) -> Bool {
        guard let present = try await bucket.content(of: key) else { return false }
        return (try? Gzip.decompress(present, limit: content.count)) == content
    }
}
