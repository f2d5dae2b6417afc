import Foundation
import Model
import Records

/// OpenTelemetry's logs over HTTP: a log record a record, as protobuf or JSON.
///
/// Attributes have OpenTelemetry's names where it has one (`source.address`, `network.transport`), else Gatehouse's behind
/// `gatehouse.`; the id is `gatehouse.record.id`.
final class TelemetryCarrier: SinkCarrier {
    private struct Partial: Decodable {
        struct Success: Decodable {
            let rejectedLogRecords: String?
            let errorMessage: String?
        }

        let partialSuccess: Success?
    }

    private let poster: HTTPPoster
    private let authorization: SinkAuthorization
    private let path: String
    private let isJSON: Bool
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        poster = try HTTPPoster(sink, compresses: true)
        authorization = SinkAuthorization(sink)
        path = sink.address.path.count > 1 ? sink.address.path : "/v1/logs"
        isJSON = sink.encoding == .json
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        let body = isJSON ? TelemetryJSON.body(batch, &fields) : TelemetryProtobuf.body(batch, &fields)
        do throws(SinkFault) {
            let headers =
                [("content-type", isJSON ? "application/json" : "application/x-protobuf")]
                + (try authorization.headers())
            let answer = try await poster.post(path, headers, body)
            guard answer.status == 200 else { return answer.usual }
            guard let partial = partial(answer) else { return .taken }
            // Which of them it refused nobody says: all become letters, with their ids.
            let reason = "it refused \(partial.count) of \(batch.lines.count) records: \(partial.reason)"
            return .mixed(
                refused: batch.lines.indices.map { .init(place: $0, reason: reason) }, again: [], reason: reason)
        } catch {
            return error.answer
        }
    }

    private func partial(_ answer: HTTPPoster.Answer) -> (count: String, reason: String)? {
        if isJSON {
            guard let said = try? JSONDecoder().decode(Partial.self, from: Data(answer.body)),
                let success = said.partialSuccess, let count = success.rejectedLogRecords, count != "0"
            else { return nil }
            return (count, success.errorMessage ?? "")
        }
        return TelemetryProtobuf.partial(answer.body)
    }

    func close() async { await poster.close() }
}
