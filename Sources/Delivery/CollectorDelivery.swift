import Buckets
import Gzip
import Host
package import Model
package import Spools
import Synchronization

/// Delivers what is due into the buckets of collectors: each record once, in each bucket's own order.
///
/// A span of an interface of an active collector gives at least one object for each part, also where there is nothing to
/// tell: silence is data. Keys come from the bucket's progress and the round alone. A round counts as delivered to a bucket
/// when the state says so on disk, which is after all its objects there; until then the same call writes the same keys, and
/// finds those that are there. Buckets don't wait for each other.
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

        package init(written: Int = 0, alreadyThere: Int = 0) {
            self.written = written
            self.alreadyThere = alreadyThere
        }

        mutating func count(_ other: Receipt) {
            written += other.written
            alreadyThere += other.alreadyThere
        }

        mutating func count(_ outcome: PutOutcome) {
            switch outcome {
            case .written: written += 1
            case .alreadyThere: alreadyThere += 1
            }
        }
    }

    /// Objects are put when so many, or so many bytes of them, are rendered.
    private static let putObjects = 2000
    private static let putBytes = 4 << 20

    let configuration: Configuration
    let ledger: DeliveryLedger
    let signer: ManifestSigner?
    private let open = Mutex<[String: any Bucket]>([:])

    /// Reads the state that an earlier run left.
    ///
    /// * `signer`: signs manifests where it answers; where it does not, and without one, the host does.
    package init(_ configuration: Configuration, signer: ManifestSigner? = nil) throws(DeliveryError) {
        self.configuration = configuration
        self.signer = signer
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

    /// Says what the collectors' buckets are since an instant: a new one begins where the others stand, one that nobody names
    /// any more is forgotten, with what it did not get. What was said of a later instant stands.
    package func adopt(
        _ buckets: [Identifier<Collector>: String], asOf instant: Timestamp
    ) async throws(DeliveryError) {
        let byBucket = Dictionary(grouping: buckets.keys, by: { buckets[$0] ?? "" })
        try await ledger.adopt(byBucket.mapValues { Set($0.map(\.description)) }, asOf: instant)
        let gone = open.withLock { open in
            let gone = open.filter { byBucket[$0.key] == nil }
            for location in gone.keys { open[location] = nil }
            return Array(gone.values)
        }
        for bucket in gone { await bucket.close() }
    }

    /// Writes a round's objects into a bucket, then the state.
    ///
    /// When the bucket refuses, the first error is thrown and the round stays pending, perhaps with some of its objects
    /// there. The bucket's later rounds must wait for it.
    @discardableResult
    package func deliver(
        _ round: DeliveryRound, to bucket: String, from spool: SpoolReader, catalogue: Catalogue
    ) async throws(DeliveryError) -> Receipt {
        let before = ledger.current[bucket]
        try await sealHour(before: round.end.hour, before, bucket: bucket)
        let progress = ledger.current[bucket]
        let plan = try RoundObjects(round, catalogue: catalogue, progress: progress, region: configuration.region)
        let isRepeated = progress.attempt != nil
        try await ledger.update(bucket) { $0.attempt = round.attempt }
        let target = try self.bucket(bucket)
        let renderer = ObjectRenderer(compressionLevel: configuration.compressionLevel)
        var receipt = Receipt()
        for run in Self.cut(plan.objects[...], records: RecordIndex.records) {
            let index = try await fromSpool { () throws(SystemError) in try RecordIndex(run, in: spool) }.get()
            let groups = Self.cut(run, records: ObjectRenderer.batchRecords, objects: ObjectRenderer.batchObjects)
            var records = try await read(groups.first, index, spool).get()
            var (waiting, ready): ([RenderedObject], [RenderedObject]) = ([], [])
            for (number, group) in groups.enumerated() {
                // While a group is rendered, the next is read and the one before is put.
                async let following = read(groups.dropFirst(number + 1).first, index, spool)
                async let outcome = put(ready, of: plan.streams, into: target, bucket, isRepeated: isRepeated)
                waiting += try await renderer.render(Array(zip(group, records)))
                receipt.count(try await outcome.get())
                let isEnough =
                    waiting.count >= Self.putObjects
                    || waiting.reduce(0) { $0 + $1.object.content.count } >= Self.putBytes
                (ready, waiting) = isEnough ? (waiting, []) : ([], waiting)
                records = try await following.get()
            }
            receipt.count(
                try await put(ready + waiting, of: plan.streams, into: target, bucket, isRepeated: isRepeated).get())
        }
        MemoryHints.giveBack()
        try await finish(round, bucket) { progress in
            progress.streams.merge(plan.streams) { _, new in new }
            progress.openHour = round.end.hour
            progress.gaps.subtract(plan.streams.keys)
        }
        return receipt
    }

    /// Says that nothing up to there is waited for, when nothing was due.
    package func settle(
        _ bucket: String, until: Timestamp?, sequence: UInt64
    ) async throws(DeliveryError) {
        guard let until, until > ledger.current[bucket].deliveredUntil ?? Timestamp(nanoseconds: 0) else { return }
        try await ledger.update(bucket) { $0.settle(until, sequence) }
    }

    /// Gives a round up that a bucket has refused for too long; the next object of each interface says so.
    ///
    /// - Returns: the interfaces of which records are dropped.
    package func drop(_ round: DeliveryRound, from bucket: String) async throws(DeliveryError) -> [Placement] {
        try await finish(round, bucket) { progress in
            // Some of its objects may be there: their numbers are used up, and the hour's manifest has them.
            if progress.attempt != nil { progress.openHour = round.end.hour }
            for span in round.spans {
                let name = span.interface.description
                progress.gaps.insert(name)
                let start = max(progress.streams[name]?.start ?? span.end, span.end)
                progress.streams[name] = .init(owner: "", start: start, until: span.end, counters: [:])
            }
        }
        return round.spans.map(\.owner.placement)
    }

    /// Gives an attempt up that cannot be made again, for the spool lost what it was made of: every stream begins anew, so
    /// that what is there of it stays.
    package func abandonAttempt(in bucket: String) async throws(DeliveryError) {
        try await ledger.update(bucket) { progress in
            guard let attempt = progress.attempt else { return }
            progress.openHour = attempt.end.hour
            progress.attempt = nil
            progress.abandoned = attempt.end
            for name in progress.streams.keys { progress.streams[name]?.owner = "" }
        }
    }

    /// Has interfaces begin new streams in the next attempt, for others lie under the keys of these: another host's, perhaps.
    private func restart(
        _ spans: [Span], of streams: [String: DeliveryState.Stream], in bucket: String
    ) async throws(DeliveryError) {
        try await ledger.update(bucket) { progress in
            for span in spans {
                let name = span.interface.description
                let until = progress.streams[name]?.until ?? span.start
                progress.streams[name] = .init(
                    owner: "", start: streams[name]?.start ?? span.end, until: until, counters: [:])
            }
        }
    }

    private func finish(
        _ round: DeliveryRound, _ bucket: String, _ change: @escaping @Sendable (inout DeliveryState.Progress) -> Void
    ) async throws(DeliveryError) {
        try await ledger.update(bucket) { progress in
            change(&progress)
            progress.attempt = nil
            if let until = round.settled.until { progress.settle(until, round.settled.sequence) }
        }
    }

    // MARK: Objects

    /// Runs of objects that have at most so many records together, or are one object.
    private static func cut(
        _ objects: ArraySlice<PlannedObject>, records: Int, objects limit: Int = .max
    ) -> [ArraySlice<PlannedObject>] {
        var runs: [ArraySlice<PlannedObject>] = []
        var (start, sum) = (objects.startIndex, 0)
        for index in objects.indices {
            if index > start, sum + objects[index].records.count > records || index - start >= limit {
                runs.append(objects[start..<index])
                (start, sum) = (index, 0)
            }
            sum += objects[index].records.count
        }
        return start < objects.endIndex ? runs + [objects[start...]] : runs
    }

    private func fromSpool<Value: Sendable>(
        _ body: @escaping @Sendable () throws(SystemError) -> Value
    ) async -> Result<Value, DeliveryError> {
        await onBlockingThread { () -> Result<Value, DeliveryError> in
            do throws(SystemError) { return .success(try body()) } catch { return .failure(.spool(error)) }
        }
    }

    private func read(
        _ objects: ArraySlice<PlannedObject>?, _ index: RecordIndex, _ spool: SpoolReader
    ) async -> Result<[[UInt8]], DeliveryError> {
        guard let objects else { return .success([]) }
        return await fromSpool { () throws(SystemError) in try index.records(of: objects.indices, from: spool) }
    }

    private func put(
        _ rendered: [RenderedObject], of streams: [String: DeliveryState.Stream], into target: any Bucket,
        _ bucket: String, isRepeated: Bool
    ) async -> Result<Receipt, DeliveryError> {
        do throws(DeliveryError) {
            return .success(
                try await putAll(rendered, of: streams, into: target, bucket, isRepeated: isRepeated))
        } catch {
            return .failure(error)
        }
    }

    private func putAll(
        _ rendered: [RenderedObject], of streams: [String: DeliveryState.Stream], into target: any Bucket,
        _ bucket: String, isRepeated: Bool
    ) async throws(DeliveryError) -> Receipt {
        var receipt = Receipt()
        if rendered.isEmpty { return receipt }
        var delivered: [Delivered] = []
        var refusal: DeliveryError?
        var taken: [Span] = []
        for (object, result) in zip(rendered, await target.put(rendered.map(\.object))) {
            do throws(DeliveryError) {
                let settled = try await settle(
                    result, object.object, target, bucket, keepsOther: isRepeated)
                receipt.count(settled.outcome)
                delivered.append(Delivered(rendered: object, content: settled.content))
            } catch {
                refusal = refusal ?? error
                if case .bucket(.differentContent) = error { taken.append(object.planned.span) }
            }
        }
        if !taken.isEmpty { try await restart(taken, of: streams, in: bucket) }
        // Also where the round stays pending: if it is dropped one day, these objects are there still.
        try await note(delivered, bucket: bucket)
        if let refusal { throw refusal }
        return receipt
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
    ///
    /// * `keepsOther`: whether an earlier attempt may have written it: of records that the spool has lost since, or with names
    ///   as they were known then.
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

extension DeliveryState.Progress {
    fileprivate mutating func settle(_ until: Timestamp, _ sequence: UInt64) {
        deliveredUntil = until
        deliveredSequence = max(deliveredSequence, sequence)
        // A stream that ended before cannot go on, for the next span begins later; its id may still be taken.
        streams = streams.filter { $0.value.until >= until || $0.value.start.seconds >= until.seconds }
    }
}
