import Buckets
import Foundation
import Host
import Model
import NIOHTTP1
import Records

/// Tencent Cloud Log Service: a `LogGroupList` of one group, as a raw LZ4 block, to one topic.
///
/// CLS knows no repetitions: what is sent again is the same byte for byte, and each log has its `record_id`. A fault of keys, rights, topic
/// or account holds the sink; nothing is dropped for it.
final class CLSCarrier: SinkCarrier {
    private static let contentType = "application/x-protobuf"
    /// One value may have 1 MB; what is longer is cut, with a mark.
    private static let longestValue = 1_000_000

    private struct Fault: Decodable {
        let errorcode: String?
        let errormessage: String?
    }

    private let sink: Sink
    private let poster: HTTPPoster
    private let topic: String
    private let path: String
    private var fields = RecordFields()
    /// What was made of the batch that is under way.
    private var prepared: (batch: [Range<Int>], place: SinkPlace, body: [UInt8])?

    init(_ sink: Sink) throws(SinkFault) {
        self.sink = sink
        poster = try HTTPPoster(sink, compresses: false)
        topic = sink.topic ?? ""
        path = "/structuredlog?topic_id=\(topic)"
    }

    func send(_ batch: RecordBatch) async -> SinkAnswer {
        let body: [UInt8]
        if let prepared, prepared.batch == batch.lines, prepared.place == batch.next {
            body = prepared.body
        } else {
            body = LZ4Block.compress(CLSLogs.body(batch, &fields, longestValue: Self.longestValue))
            prepared = (batch.lines, batch.next, body)
        }
        do throws(SinkFault) {
            return try await answer(body, batch.lines.count)
        } catch {
            return error.answer
        }
    }

    private func answer(_ body: [UInt8], _ count: Int) async throws(SinkFault) -> SinkAnswer {
        let keys: [String: String]
        do throws(BucketError) {
            keys = try Credentials.values(of: sink)
        } catch {
            throw SinkFault(.settings("\(error)"))
        }
        let now = SystemClock.realtime / 1_000_000_000
        let signature = CLSSignature(secretID: keys["access_key"] ?? "", secretKey: keys["secret_key"] ?? "")
        let host = sink.address.authority
        var headers = [
            ("host", host), ("content-type", Self.contentType), ("x-cls-compress-type", "lz4"),
            (
                "authorization",
                signature.authorization(
                    host: host, topic: topic, contentType: Self.contentType, start: now - 60, end: now + 300)
            ),
        ]
        if let token = keys["session_token"] { headers.append(("x-cls-token", token)) }
        let answer = try await poster.post(path, headers, body)
        guard answer.status != 200 else { return .taken }
        let said = try? JSONDecoder().decode(Fault.self, from: Data(answer.body))
        let request = answer.headers.first(name: "x-cls-requestid").map { ", request \($0)" } ?? ""
        let words = "it answered \(answer.words)\(request)"
        let code = said?.errorcode ?? ""
        switch answer.status {
        case 400:
            return code == "TopicClosed" || code == "IndexRuleEmpty" ? .settings(words) : .refused(words)
        case 401 where code.contains("SignatureExpire"):
            let date = answer.headers.first(name: "date").map { "; its clock says \($0): compare this host's" } ?? ""
            return .settings(words + date)
        case 403 where code == "LogSizeExceed", 413: return count > 1 ? .tooLarge(words) : .refused(words)
        case 401, 403, 404, 405: return .settings(words)
        default: return answer.usual
        }
    }

    func close() async { await poster.close() }
}

extension Credentials {
    /// The pair of keys in the sink's secret file, as buckets' credentials have them.
    fileprivate static func values(of sink: Sink) throws(BucketError) -> [String: String] {
        try CredentialStore.read(sink.secretFile ?? "").values
    }
}
