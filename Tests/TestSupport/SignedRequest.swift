import Crypto
import Foundation
import Model

/// A request of the Cloud Firewall API as a client signs it: written after the signature's description, beside the server's own code.
package struct SignedRequest {
    package let headers: [(name: String, value: String)]
    package let body: String

    package init(_ action: String, _ body: String, host: String, secretID: String, secret: String, at seconds: Int64) {
        func digest(_ text: String) -> String { hexadecimal(SHA256.hash(data: Array(text.utf8))) }
        func code(_ text: String, _ key: [UInt8]) -> [UInt8] {
            Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
        }
        let day = String(Timestamp(seconds: seconds).text(fractionDigits: 0).prefix(10))
        let canonical = [
            "POST", "/", "", "content-type:application/json", "host:\(host)", "", "content-type;host", digest(body),
        ].joined(separator: "\n")
        let text = "TC3-HMAC-SHA256\n\(seconds)\n\(day)/cfw/tc3_request\n\(digest(canonical))"
        let key = ["cfw", "tc3_request"].reduce(code(day, Array("TC3\(secret)".utf8))) { code($1, $0) }
        self.body = body
        headers = [
            (
                "Authorization",
                "TC3-HMAC-SHA256 Credential=\(secretID)/\(day)/cfw/tc3_request, SignedHeaders=content-type;host, "
                    + "Signature=\(hexadecimal(code(text, key)))"
            ),
            ("Content-Type", "application/json"), ("X-TC-Action", action), ("X-TC-Version", "2019-09-04"),
            ("X-TC-Timestamp", "\(seconds)"),
        ]
    }
}
