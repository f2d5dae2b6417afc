import Model
import Records

/// Grafana Loki's push. Labels are few: job, host and what a record is; the rest stands in the line.
final class LokiCarrier: SinkCarrier {
    private let mapping: any RecordMapping
    private let poster: HTTPPoster
    private let authorization: SinkAuthorization
    private let path: String
    private let tenant: String?
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        mapping = (sink.format ?? .json).mapping
        poster = try HTTPPoster(sink, compresses: true)
        authorization = SinkAuthorization(sink)
        path = sink.address.path.count > 1 ? sink.address.path : "/loki/api/v1/push"
        tenant = sink.tenant
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        // Records that follow each other share a stream where host and sort are the same.
        var body = ByteLine(capacity: batch.bytes.count * 2)
        var (stream, text) = (ByteLine(capacity: 128), ByteLine(capacity: 2048))
        var last: [UInt8] = []
        body.append("{\"streams\":[")
        batch.forEach(&fields) { _, record in
            stream.removeAll()
            stream.append("{\"stream\":{\"job\":\"gatehouse\",\"kind\":\"")
            stream.append(record.sort.word.description)
            stream.append("\",\"host\":\"")
            stream.append(record.json(.host) ?? [])
            stream.append("\"},\"values\":[")
            if stream.bytes == last {
                body.append(UInt8(ascii: ","))
            } else {
                if !last.isEmpty { body.append("]},") }
                body.append(stream.bytes)
                last = stream.bytes
            }
            body.append("[\"")
            body.append(decimal: Int(record.time))
            body.append("\",")
            text.removeAll()
            mapping.append(record, to: &text)
            body.append(jsonText: text.bytes)
            body.append(",{\"id\":\"")
            record.appendID(to: &body)
            body.append("\"}]")
        }
        body.append(last.isEmpty ? "]}" : "]}]}")
        do throws(SinkFault) {
            var headers = [("content-type", "application/json")] + (try authorization.headers())
            if let tenant { headers.append(("x-scope-orgid", tenant)) }
            return try await poster.post(path, headers, body.bytes).usual
        } catch {
            return error.answer
        }
    }

    func close() async { await poster.close() }
}

extension ByteLine {
    /// Writes bytes of JSON as a JSON string: what stands escaped in them is escaped once more.
    fileprivate mutating func append(jsonText bytes: [UInt8]) {
        append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { append(UInt8(ascii: "\\")) }
            append(byte)
        }
        append(UInt8(ascii: "\""))
    }
}
