import Foundation
import Host
import Model
import Records

/// Splunk's HTTP event collector. With acknowledgement records count as taken when the indexers say so.
final class SplunkCarrier: SinkCarrier {
    /// How long the indexers may take; then the records are sent again, with their ids.
    private static let patienceNanoseconds: Int64 = 120_000_000_000

    private struct Answer: Decodable {
        let text: String?
        let code: Int?
        let ackId: Int?
        let invalidEventNumber: Int?

        enum CodingKeys: String, CodingKey {
            case text, code, ackId
            case invalidEventNumber = "invalid-event-number"
        }
    }

    private struct Acknowledgement: Decodable { let acks: [String: Bool] }

    private let mapping: any RecordMapping
    private let poster: HTTPPoster
    private let authorization: SinkAuthorization
    private let path: String
    private let index: String?
    private let isAcknowledging: Bool
    private let channel = UUID().uuidString
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        mapping = (sink.format ?? .json).mapping
        poster = try HTTPPoster(sink, compresses: true)
        authorization = SinkAuthorization(sink)
        let base = sink.address.path.hasSuffix("/") ? String(sink.address.path.dropLast()) : sink.address.path
        path = base.isEmpty ? "/services/collector" : base
        index = sink.index
        isAcknowledging = sink.acknowledges ?? true
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        var body = ByteLine(capacity: batch.bytes.count * 2)
        batch.forEach(&fields) { _, record in append(record, to: &body) }
        do throws(SinkFault) {
            let headers =
                [("content-type", "application/json"), ("x-splunk-request-channel", channel)]
                + (try authorization.headers("Splunk"))
            let answer = try await poster.post("\(path)/event", headers, body.bytes)
            let said = try? JSONDecoder().decode(Answer.self, from: Data(answer.body))
            switch (answer.status, said?.code) {
            case (200, 0?), (200, nil):
                guard isAcknowledging else { return .taken }
                guard let number = said?.ackId else {
                    return .settings("its token has no indexer acknowledgement: switch it on, or write ack: false")
                }
                return try await confirmation(number)
            case (400, 6?):
                // Those before the first bad one are taken.
                guard let place = said?.invalidEventNumber, batch.lines.indices.contains(place) else {
                    return .refused("it answered \(answer.words)")
                }
                return .mixed(
                    refused: [.init(place: place, reason: "it answered \(answer.words)")],
                    again: Array((place + 1)..<batch.lines.count), reason: "it answered \(answer.words)")
            case (400, 5?), (400, 12?), (400, 13?): return .refused("it answered \(answer.words)")
            case (400, _): return .settings("it answered \(answer.words)")
            default: return answer.usual
            }
        } catch {
            return error.answer
        }
    }

    /// Asks until the indexers have what a number stands for.
    private func confirmation(_ number: Int) async throws(SinkFault) -> SinkAnswer {
        let deadline = SystemClock.monotonic + Self.patienceNanoseconds
        var pause = Duration.milliseconds(20)
        while SystemClock.monotonic < deadline {
            let headers =
                [("content-type", "application/json"), ("x-splunk-request-channel", channel)]
                + (try authorization.headers("Splunk"))
            let answer = try await poster.post(
                "\(path)/ack?channel=\(channel)", headers, Array("{\"acks\":[\(number)]}".utf8))
            guard answer.status == 200,
                let said = try? JSONDecoder().decode(Acknowledgement.self, from: Data(answer.body))
            else { return answer.status == 200 ? .later("it answered no acknowledgement") : answer.usual }
            if said.acks[String(number)] == true { return .taken }
            try? await Task.sleep(for: pause)
            pause = min(pause * 2, .seconds(2))
        }
        return .later("its indexers have not acknowledged within two minutes")
    }

    private func append(_ record: RecordFields, to body: inout ByteLine) {
        JSONObjectWriter.object(&body) { event, line in
            event.begin("time", &line)
            let time = record.time
            line.append(decimal: Int(time / 1_000_000_000))
            line.append(UInt8(ascii: "."))
            line.append(decimal: Int(time % 1_000_000_000 / 1000), width: 6)
            event.text("host", record, .host, &line)
            event.word("source", "gatehouse", &line)
            event.begin("sourcetype", &line)
            line.append("\"gatehouse:")
            line.append(record.sort.word.description)
            line.append(UInt8(ascii: "\""))
            if let index { event.string("index", index, &line) }
            event.begin("event", &line)
            mapping.append(record, to: &line)
            event.object("fields", &line) { $0.id("event_id", record, &$1) }
        }
        body.append(UInt8(ascii: "\n"))
    }

    func close() async { await poster.close() }
}
