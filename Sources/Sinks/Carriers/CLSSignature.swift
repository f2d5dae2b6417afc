import Buckets
import Crypto
import Model

/// Tencent's signature of a request to its log service: method, path, topic, host and content type, for a span of time.
///
/// The body is not covered: https has to do that.
struct CLSSignature {
    let secretID: String
    let secretKey: String

    /// * `start`, `end`: seconds since 1970 between which it holds.
    func authorization(host: String, topic: String, contentType: String, start: Int64, end: Int64) -> String {
        let span = "\(start);\(end)"
        let headers = "content-type=\(PercentEncoding.encode(contentType))&host=\(PercentEncoding.encode(host))"
        let request = "post\n/structuredlog\ntopic_id=\(PercentEncoding.encode(topic))\n\(headers)\n"
        let text = "sha1\n\(span)\n\(hexadecimal(Insecure.SHA1.hash(data: Array(request.utf8))))\n"
        let key = Self.code(span, key: secretKey)
        return "q-sign-algorithm=sha1&q-ak=\(secretID)&q-sign-time=\(span)&q-key-time=\(span)"
            + "&q-header-list=content-type;host&q-url-param-list=topic_id&q-signature=\(Self.code(text, key: key))"
    }

    private static func code(_ text: String, key: String) -> String {
        hexadecimal(
            HMAC<Insecure.SHA1>.authenticationCode(
                for: Array(text.utf8), using: SymmetricKey(data: Array(key.utf8))))
    }
}
