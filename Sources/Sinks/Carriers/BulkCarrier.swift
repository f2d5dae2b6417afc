import Foundation
import Model
import Records

/// `_bulk` of Elasticsearch and OpenSearch. A record's id is its document's: one that is there already is taken.
final class BulkCarrier: SinkCarrier {
    private struct Answer: Decodable {
        struct Item: Decodable {
            struct Fault: Decodable {
                let type: String?
                let reason: String?
            }

            let status: Int
            let error: Fault?
        }

        let items: [[String: Item]]
    }

    private let mapping: any RecordMapping
    private let poster: HTTPPoster
    private let authorization: SinkAuthorization
    private let path: String
    private let index: String?
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        mapping = (sink.format ?? .ecs).mapping
        poster = try HTTPPoster(sink, compresses: true)
        authorization = SinkAuthorization(sink)
        let base = sink.address.path.hasSuffix("/") ? String(sink.address.path.dropLast()) : sink.address.path
        path = base.hasSuffix("/_bulk") ? base : "\(base)/_bulk"
        index = sink.index
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        var body = ByteLine(capacity: batch.bytes.count * 2)
        var places: [Int] = []
        batch.forEach(&fields) { place, record in
            places.append(place)
            body.append("{\"create\":{\"_index\":")
            if let index {
                body.append(jsonString: index)
            } else {
                body.append("\"gatehouse-")
                body.append(record.sort.word.description)
                body.append(UInt8(ascii: "\""))
            }
            body.append(",\"_id\":\"")
            record.appendID(to: &body)
            body.append("\"}}\n")
            mapping.append(record, to: &body)
            body.append(UInt8(ascii: "\n"))
        }
        do throws(SinkFault) {
            let headers = [("content-type", "application/x-ndjson")] + (try authorization.headers("ApiKey"))
            let answer = try await poster.post(path, headers, body.bytes)
            guard answer.status == 200 else { return answer.usual }
            guard let said = try? JSONDecoder().decode(Answer.self, from: Data(answer.body)),
                said.items.count == places.count
            else { return .later("its answer has not an item for each record: \(answer.words)") }
            return Self.outcome(said, places)
        } catch {
            return error.answer
        }
    }

    private static func outcome(_ answer: Answer, _ places: [Int]) -> SinkAnswer {
        var refused: [SinkAnswer.Refusal] = []
        var again: [Int] = []
        var reason = ""
        for (place, item) in zip(places, answer.items) {
            guard let item = item.values.first else {
                again.append(place)
                continue
            }
            let words = "\(item.status) \(item.error?.type ?? ""): \(item.error?.reason ?? "")"
            switch item.status {
            // 409: a former attempt, whose answer was lost, has put it there.
            case 200..<300, 409: continue
            case 401, 403, 404: return .settings("it answered \(words)")
            case 429, 500...: again.append(place)
            default: refused.append(.init(place: place, reason: "it answered \(words)"))
            }
            reason = "it answered \(words)"
        }
        return refused.isEmpty && again.isEmpty ? .taken : .mixed(refused: refused, again: again, reason: reason)
    }

    func close() async { await poster.close() }
}
