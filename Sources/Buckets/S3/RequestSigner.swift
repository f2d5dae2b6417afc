import Crypto
import Model

/// Signs requests with AWS Signature Version 4, as its documentation specifies it.
struct RequestSigner {
    let credentials: Credentials
    let region: String
    var service = "s3"

    /// A request as it is signed: path and query are percent-encoded already.
    struct Request {
        var method = "GET"
        var path = "/"
        var query: [(name: String, value: String)] = []
        /// Names in lower case; `host` and `x-amz-date` are among them.
        var headers: [(name: String, value: String)]
        /// The payload's SHA-256 in hexadecimal digits.
        var payloadHash: String
    }

    /// The value of `Authorization` for a request that is sent at `instant`.
    func authorization(_ request: Request, at instant: Timestamp) -> String {
        let date = Self.date(instant)
        let scope = "\(date.prefix(8))/\(region)/\(service)/aws4_request"
        let headers = request.headers.sorted { $0.name < $1.name }
        let names = headers.map(\.name).joined(separator: ";")
        let text = Self.canonical(request, headers, names)
        let summary = "AWS4-HMAC-SHA256\n\(date)\n\(scope)\n\(hexadecimal(SHA256.hash(data: Array(text.utf8))))"
        var key = Self.authenticate(date.prefix(8), with: Array("AWS4\(credentials.secretKey)".utf8))
        for part in [region, service, "aws4_request"] { key = Self.authenticate(part, with: key) }
        let signature = hexadecimal(Self.authenticate(summary, with: key))
        return "AWS4-HMAC-SHA256 Credential=\(credentials.accessKey)/\(scope), SignedHeaders=\(names), "
            + "Signature=\(signature)"
    }

    private static func canonical(_ request: Request, _ headers: [(name: String, value: String)], _ names: String)
        -> String
    {
        let query = request.query.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        return [
            request.method, request.path, query.map { "\($0.name)=\($0.value)" }.joined(separator: "&"),
            headers.map { "\($0.name):\(trimmed($0.value))\n" }.joined(), names, request.payloadHash,
        ].joined(separator: "\n")
    }

    /// Without spaces at the ends, and one where there were several.
    private static func trimmed(_ value: String) -> String { value.split(separator: " ").joined(separator: " ") }

    private static func authenticate(_ text: some StringProtocol, with key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    /// `20150830T123600Z`.
    static func date(_ instant: Timestamp) -> String {
        instant.text(fractionDigits: 0).filter { $0 != "-" && $0 != ":" }
    }
}
