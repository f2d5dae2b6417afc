import Crypto
import Foundation
import Host
import Model
import Records

/// `{"records":[…]}` by POST, authenticated by an HMAC with the sink's secret.
///
/// `X-Gatehouse-Signature: sha256=HEX` is HMAC-SHA-256 over `TIMESTAMP.BODY`, where `X-Gatehouse-Timestamp` is seconds since 1970 and
/// BODY what was sent before any compression. `X-Gatehouse-Delivery` is a digest of the body: the same on every repetition.
final class WebhookCarrier: SinkCarrier {
    private let mapping: any RecordMapping
    private let poster: HTTPPoster
    private let path: String
    private let secret: SinkSecret?
    private var fields = RecordFields()

    init(_ sink: Sink) throws(SinkFault) {
        mapping = (sink.format ?? .json).mapping
        poster = try HTTPPoster(sink, compresses: false)
        path = sink.address.path.isEmpty ? "/" : sink.address.path
        secret = SinkSecret(sink)
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        var body = ByteLine(capacity: batch.bytes.count * 2)
        body.append("{\"records\":[")
        var isFirst = true
        batch.forEach(&fields) { _, record in
            if !isFirst { body.append(UInt8(ascii: ",")) }
            isFirst = false
            mapping.append(record, to: &body)
        }
        body.append("]}")
        do throws(SinkFault) {
            let key = try secret?.read() ?? ""
            let time = String(SystemClock.realtime / 1_000_000_000)
            let headers = [
                ("content-type", "application/json"), ("x-gatehouse-timestamp", time),
                ("x-gatehouse-signature", "sha256=\(Self.signature(key: key, time: time, body: body.bytes))"),
                ("x-gatehouse-delivery", hexadecimal(SHA256.hash(data: body.bytes).prefix(16))),
            ]
            return try await poster.post(path, headers, body.bytes).usual
        } catch {
            return error.answer
        }
    }

    static func signature(key: String, time: String, body: [UInt8]) -> String {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Array(key.utf8)))
        code.update(data: Array("\(time).".utf8))
        code.update(data: body)
        return hexadecimal(code.finalize())
    }

    func close() async { await poster.close() }
}
