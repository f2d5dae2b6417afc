import Buckets
import Gzip
import Model
import Records

/// Makes objects of a window's records, compressed, several at a time.
struct ObjectRenderer: Sendable {
    /// A batch is cut into this many parts for the processors to share.
    private static let parts = 8

    private let start: Timestamp
    private let end: Timestamp
    private let compressionLevel: Int

    init(_ window: ClosedWindow, compressionLevel: Int) {
        start = window.start
        end = window.end
        self.compressionLevel = compressionLevel
    }

    /// The objects in the same order.
    func render(_ objects: ArraySlice<WindowPlan.Object>) async throws(DeliveryError) -> [NewObject] {
        let results = await withTaskGroup(of: (Int, Result<[NewObject], DeliveryError>).self) { group in
            let size = (objects.count + Self.parts - 1) / Self.parts
            for start in stride(from: objects.startIndex, to: objects.endIndex, by: max(size, 1)) {
                let part = objects[start..<min(start + size, objects.endIndex)]
                group.addTask { (start, part.isEmpty ? .success([]) : renderPart(part)) }
            }
            var results: [(Int, Result<[NewObject], DeliveryError>)] = []
            for await result in group { results.append(result) }
            return results.sorted { $0.0 < $1.0 }
        }
        var rendered: [NewObject] = []
        for (_, result) in results { rendered += try result.get() }
        return rendered
    }

    private func renderPart(_ objects: ArraySlice<WindowPlan.Object>) -> Result<[NewObject], DeliveryError> {
        var line = ByteLine(capacity: 1 << 20)
        var rendered: [NewObject] = []
        for object in objects {
            line.removeAll()
            let fields = object.format.append(
                object.records, start: start, end: end, hasLoss: object.hasLoss, to: &line)
            do throws(GzipError) {
                rendered.append(
                    NewObject(
                        key: object.key.description,
                        content: try Gzip.compress(line.bytes, level: compressionLevel),
                        metadata: fields.map { NewObject.Metadata($0.name, $0.value) }, contentType: "application/gzip")
                )
            } catch {
                return .failure(.compression(error))
            }
        }
        return .success(rendered)
    }
}
