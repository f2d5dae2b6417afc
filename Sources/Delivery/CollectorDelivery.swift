import Buckets
import Gzip
package import Model
import Synchronization

/// Delivers closed windows into the buckets of collectors: each window once, in each bucket's own order.
///
/// For each interface of an active collector a window gives one `ingress` and one `egress` object, also where there is
/// nothing to tell: silence is data. Keys come from the bucket's progress and the window alone. A window counts as
/// delivered to a bucket when the state says so on disk, which is after all its objects there; until then the same call
/// writes the same keys, and finds those that are there. Buckets don't wait for each other.
package final class CollectorDelivery: Sendable {
    package struct Configuration: Hashable, Sendable {
        /// Where buckets with relative paths lie, and the folder `credentials`.
        package var dataFolder: String
        package var stateFile: String
        /// Of the objects' keys and of the names in them.
        package var region: String
        /// zlib's, 1 to 9.
        package var compressionLevel = 1

        package init(dataFolder: String, stateFile: String, region: String = "local") {
            self.dataFolder = dataFolder
            self.stateFile = stateFile
            self.region = region
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

        package init(written: Int = 0, alreadyThere: Int = 0, isRepeated: Bool = false) {
            self.written = written
            self.alreadyThere = alreadyThere
            self.isRepeated = isRepeated
        }

        mutating func count(_ outcome: PutOutcome) {
            switch outcome {
            case .written: written += 1
            case .alreadyThere: alreadyThere += 1
            }
        }
    }

    /// Objects are rendered and put in batches of at most so many records, which bounds the memory they take.
    private static let batchRecords = 250_000
    private static let batchObjects = 512

    let configuration: Configuration
    let ledger: DeliveryLedger
    private let open = Mutex<[String: any Bucket]>([:])

    /// Reads the state that an earlier run left.
    package init(_ configuration: Configuration) throws(DeliveryError) {
        self.configuration = configuration
        ledger = try DeliveryLedger(path: configuration.stateFile)
    }

    /// As it is on disk.
    package var state: DeliveryState { ledger.current }

    /// Ends the connections to all buckets.
    package func close() async {
        let buckets = open.withLock { open in
            defer { open = [:] }
            return Array(open.values)
        }
        for bucket in buckets { await bucket.close() }
    }

    /// Says what the collectors' buckets are now: a new one begins where the others stand, one that nobody names any more is
    /// forgotten, with what it did not get.
    package func adopt(_ collectors: [Collector]) async throws(DeliveryError) {
        let byBucket = Dictionary(grouping: collectors, by: \.bucket)
        try await ledger.adopt(byBucket.mapValues { Set($0.map(\.id.description)) })
        let gone = open.withLock { open in
            let gone = open.filter { byBucket[$0.key] == nil }
            for location in gone.keys { open[location] = nil }
            return Array(gone.values)
        }
        for bucket in gone { await bucket.close() }
    }

    /// Writes the objects that a window gives to a bucket, then the state.
    ///
    /// When the bucket refuses, the first error is thrown and the window stays pending, perhaps with some of its objects
    /// there. The bucket's later windows must wait for it.
    @discardableResult
    package func deliver(
        _ window: ClosedWindow, to bucket: String, catalogue: Catalogue
    ) async throws(DeliveryError) -> Receipt {
        guard let before = try progress(of: bucket, before: window) else { return Receipt(isRepeated: true) }
        try await sealHour(before: window.end.hour, before, bucket: bucket)
        let progress = ledger.current[bucket]
        let plan = WindowPlan(
            window, catalogue: catalogue, bucket: bucket, progress: progress, region: configuration.region)
        let attempt = DeliveryState.Attempt(start: window.start, end: window.end, revision: window.revision.number)
        // What an earlier attempt wrote under another revision is whole: the same records, told for another collector.
        let keepsOther =
            progress.attempt.map { $0 != attempt && ($0.start, $0.end) == (window.start, window.end) } ?? false
        var receipt = Receipt()
        if !plan.objects.isEmpty {
            if !keepsOther { try await ledger.update(bucket) { $0.attempt = attempt } }
            let renderer = ObjectRenderer(window, compressionLevel: configuration.compressionLevel)
            let target = try self.bucket(bucket)
            for batch in Self.batches(plan.objects) {
                let objects = try await renderer.render(batch)
                var delivered: [Delivered] = []
                var refusal: DeliveryError?
                for ((object, planned), result) in zip(zip(objects, batch), await target.put(objects)) {
                    do throws(DeliveryError) {
                        let settled = try await settle(result, object, target, bucket, keepsOther: keepsOther)
                        receipt.count(settled.outcome)
                        delivered.append(Delivered(planned: planned, object: object, content: settled.content))
                    } catch {
                        refusal = refusal ?? error
                    }
                }
                // Also where the window stays pending: if it is dropped one day, these objects are there still.
                try await note(delivered, of: window, bucket: bucket)
                if let refusal { throw refusal }
            }
        }
        try await finish(window, bucket) { progress in
            progress.streams = plan.streams
            if !plan.objects.isEmpty { progress.openHour = window.end.hour }
            progress.gaps.subtract(plan.streams.keys)
        }
        return receipt
    }

    /// Gives a window up that a bucket has refused for too long; the next object of each interface says so.
    ///
    /// - Returns: the interfaces of which records are dropped.
    package func drop(_ window: ClosedWindow, from bucket: String) async throws(DeliveryError) -> [Placement] {
        let owned = window.owners.filter { $0.collector.bucket == bucket }.map(\.placement)
        try await finish(window, bucket) { progress in
            progress.gaps.formUnion(owned.map(\.interface.description))
            if progress.attempt?.end == window.end {
                // Some of its objects may be there: their numbers are used up, and the hour's manifest has them.
                progress.streams = [:]
                progress.openHour = window.end.hour
            }
        }
        return owned
    }

    /// The bucket's progress; nil where it has the window already.
    private func progress(
        of bucket: String, before window: ClosedWindow
    ) throws(DeliveryError) -> DeliveryState.Progress? {
        let progress = ledger.current[bucket]
        if let until = progress.deliveredUntil, window.end <= until { return nil }
        guard window.start < window.end, window.start >= progress.deliveredUntil ?? window.start else {
            throw .outOfOrder(start: window.start, end: window.end, deliveredUntil: progress.deliveredUntil)
        }
        return progress
    }

    private func finish(
        _ window: ClosedWindow, _ bucket: String, _ change: @escaping @Sendable (inout DeliveryState.Progress) -> Void
    ) async throws(DeliveryError) {
        let last = window.records.last?.sequence ?? 0
        try await ledger.update(bucket) { progress in
            change(&progress)
            progress.deliveredUntil = window.end
            progress.deliveredSequence = max(progress.deliveredSequence, last)
            progress.attempt = nil
        }
    }

    // MARK: Objects

    private static func batches(_ objects: [WindowPlan.Object]) -> [ArraySlice<WindowPlan.Object>] {
        var batches: [ArraySlice<WindowPlan.Object>] = []
        var start = 0
        var records = 0
        for (index, object) in objects.enumerated() {
            if index > start, records + object.records.count > batchRecords || index - start >= batchObjects {
                batches.append(objects[start..<index])
                (start, records) = (index, 0)
            }
            records += object.records.count
        }
        return start < objects.count ? batches + [objects[start...]] : batches
    }

    func bucket(_ location: String) throws(DeliveryError) -> any Bucket {
        if let bucket = open.withLock({ $0[location] }) { return bucket }
        do throws(BucketError) {
            let bucket = try BucketLocation(location, dataFolder: configuration.dataFolder).open(
                CredentialStore(folder: "\(configuration.dataFolder)/credentials"))
            open.withLock { $0[location] = bucket }
            return bucket
        } catch {
            throw .bucket(error)
        }
    }

    /// What is in the bucket now, as the put said or as it was there before.
    private func settle(
        _ result: Result<PutOutcome, BucketError>, _ object: NewObject, _ target: any Bucket, _ location: String,
        keepsOther: Bool
    ) async throws(DeliveryError) -> (outcome: PutOutcome, content: [UInt8]) {
        do throws(BucketError) {
            return (try result.get(), object.content)
        } catch {
            switch error {
            case .differentContent:
                if let present = try? await target.content(of: object.key),
                    keepsOther || Self.holdsSame(present, object.content)
                {
                    return (.alreadyThere, present)
                }
            case .notAuthorized:
                // The credentials may have been changed: they are read anew for the next attempt.
                if let stale = open.withLock({ $0.removeValue(forKey: location) }) { await stale.close() }
            default: break
            }
            throw .bucket(error)
        }
    }

    /// Whether both hold the same in other bytes, as another release of zlib or another level writes it.
    private static func holdsSame(_ present: [UInt8], _ wanted: [UInt8]) -> Bool {
        guard let size = Gzip.contentSize(wanted), let content = try? Gzip.decompress(wanted, limit: size) else {
            return false
        }
        return (try? Gzip.decompress(present, limit: size)) == content
    }
}
