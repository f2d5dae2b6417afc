import Crypto
import Foundation
import Model

/// What a caller gives back to go on with a list: opaque, and good for its project while this server runs.
enum PageToken {
    private static let key = SymmetricKey(size: .bits256)

    static func make(_ text: String, of project: String) -> String {
        let bytes = Array(text.utf8)
        return Data(Array(tag(bytes, project)) + bytes).base64EncodedString()
    }

    /// What the token says; nil where it was not made here for the project.
    static func open(_ token: String, of project: String) -> String? {
        guard token.utf8.count <= Limit.tokenText.bound, let data = Data(base64Encoded: token), data.count > 32 else {
            return nil
        }
        let text = Array(data.dropFirst(32))
        let isOurs = HMAC<SHA256>.isValidAuthenticationCode(
            Array(data.prefix(32)), authenticating: Array(project.utf8) + [0] + text, using: key)
        return isOurs ? String(validating: text, as: UTF8.self) : nil
    }

    private static func tag(_ text: [UInt8], _ project: String) -> HMAC<SHA256>.MAC {
        HMAC<SHA256>.authenticationCode(for: Array(project.utf8) + [0] + text, using: key)
    }
}
