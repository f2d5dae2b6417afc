import Buckets
import Gzip
import Model
import Records
import Spools

/// An object as it goes into its bucket, and what its manifest says of it.
struct RenderedObject: Sendable {
    let planned: PlannedObject
    let object: NewObject
    let records: Int
    /// Numbers of its first and last record; nil without records.
    let first: UInt64?
    let last: UInt64?
    let hasLoss: Bool
}

/// Makes objects of records, compressed, several at a time.
struct ObjectRenderer: Sendable {
    /// So many records, or objects, are rendered at a time, and come to about 10 MB before compression.
    static let batchRecords = 10_000
    static let batchObjects = 512
    /// A batch is cut into this many parts for the processors to share.
    private static let parts = 8

    private let compressionLevel: Int

    init(compressionLevel: Int) { self.compressionLevel = compressionLevel }

    /// The objects with their encoded records, in the same order.
    func render(
        _ objects: [(planned: PlannedObject, records: [UInt8])]
    ) async throws(DeliveryError) -> [RenderedObject] {
        let results = await withTaskGroup(of: (Int, Result<[RenderedObject], DeliveryError>).self) { group in
            for part in Self.cut(objects[...]) {
                group.addTask { (part.startIndex, renderPart(part)) }
            }
            var results: [(Int, Result<[RenderedObject], DeliveryError>)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }
        var rendered: [RenderedObject] = []
        for (_, result) in results { rendered += try result.get() }
        return rendered
    }

    /// Parts of about the same work, each at least one object.
    private static func cut(
        _ objects: ArraySlice<(planned: PlannedObject, records: [UInt8])>
    ) -> [ArraySlice<(planned: PlannedObject, records: [UInt8])>] {
        // An object without records is work as well.
        func work(_ object: (planned: PlannedObject, records: [UInt8])) -> Int {
            object.records.count / RecordCodec.size + 20
        }
        let share = objects.reduce(0) { $0 + work($1) } / parts
        var cut: [ArraySlice<(planned: PlannedObject, records: [UInt8])>] = []
        var (start, sum) = (objects.startIndex, 0)
        for index in objects.indices {
            sum += work(objects[index])
            guard sum >= share else { continue }
            cut.append(objects[start...index])
            (start, sum) = (index + 1, 0)
        }
        return start < objects.endIndex ? cut + [objects[start...]] : cut
    }

    private func renderPart(
        _ objects: ArraySlice<(planned: PlannedObject, records: [UInt8])>
    ) -> Result<[RenderedObject], DeliveryError> {
        var line = ByteLine(capacity: 1 << 16)
        var rendered: [RenderedObject] = []
        for (planned, encoded) in objects {
            line.removeAll()
            let records = RecordCodec.decodeAll(encoded)
            let span = planned.span
            let hasLoss = span.hasLoss || records.count < planned.records.count
            let fields = planned.format.append(
                records, start: span.start, end: span.end, hasLoss: hasLoss, to: &line)
            do throws(GzipError) {
                // A copy has no more room than it needs; the compressor's has that of the content before.
                let content = Array(try Gzip.compress(line.bytes, level: compressionLevel)[...])
                let object = NewObject(
                    key: planned.key, content: content,
                    metadata: fields.map { NewObject.Metadata($0.name, $0.value) }, contentType: "application/gzip")
                rendered.append(
                    RenderedObject(
                        planned: planned, object: object, records: records.count, first: records.first?.sequence,
                        last: records.last?.sequence,
                        hasLoss: hasLoss || fields.contains { $0.name == "state" && $0.value != "ok" }))
            } catch {
                return .failure(.compression(error))
            }
        }
        return .success(rendered)
    }
}
