import Crypto
import Foundation
import HTTPTypes
import Model
import Registry
import Service

/// The signature of a request, TC3-HMAC-SHA256: over the method, the query, the headers that it names and the body, by a key that
/// holds for one day and one service.
struct RequestSignature {
    private static let algorithm = "TC3-HMAC-SHA256"
    static let service = "cfw"
    /// A request is good for so many seconds before and after the instant that it names.
    private static let tolerance = 300

    let secretID: String
    private let date: String
    private let headerNames: [String]
    private let signature: String
    private let timestamp: String

    /// Reads the header `Authorization`.
    init(_ call: Call) throws(FirewallError) {
        func fault(_ words: String) -> FirewallError { FirewallError(.authorizationInvalid, words) }
        guard let header = call.headers[.authorization] else {
            throw fault("The request is not signed; sign it with TC3-HMAC-SHA256.")
        }
        let words = header.split(separator: " ", maxSplits: 1)
        guard words.count == 2, words[0] == Self.algorithm else {
            throw fault("Authorization: only \(Self.algorithm) is taken.")
        }
        var parts: [Substring: Substring] = [:]
        for part in words[1].split(separator: ",") {
            let pair = part.drop { $0 == " " }.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, parts.updateValue(pair[1], forKey: pair[0]) == nil else {
                throw fault("Authorization: \(Self.algorithm) has Credential, SignedHeaders and Signature, each once.")
            }
        }
        guard parts.count == 3, let credential = parts["Credential"], let signed = parts["SignedHeaders"],
            let signature = parts["Signature"]
        else { throw fault("Authorization: \(Self.algorithm) has Credential, SignedHeaders and Signature, each once.") }
        let scope = credential.split(separator: "/", omittingEmptySubsequences: false)
        guard scope.count == 4, scope[3] == "tc3_request", CloudKey.isSecretID(scope[0]) else {
            throw fault("Authorization: Credential is ID/DATE/\(Self.service)/tc3_request.")
        }
        guard scope[2] == Self.service else {
            throw FirewallError(.signatureWrong, "Authorization: the service is not \(Self.service).")
        }
        secretID = String(scope[0])
        date = String(scope[1])
        headerNames = signed.split(separator: ";").map { $0.lowercased() }
        self.signature = signature.lowercased()
        timestamp = call.headers[.timestamp] ?? ""
        guard headerNames.contains("content-type"), headerNames.contains("host") else {
            throw FirewallError(.signatureWrong, "SignedHeaders: content-type and host are to be signed.")
        }
    }

    /// Whether the request was signed with a secret, and lately.
    ///
    /// - Throws: for a time that is too far off, or another day's.
    func isRight(for call: Call, secret: String, now: Timestamp) throws(FirewallError) -> Bool {
        guard let seconds = Int64(timestamp) else {
            throw FirewallError(.authorizationInvalid, "X-TC-Timestamp: seconds since 1970 are wanted.")
        }
        guard abs(now.nanoseconds / 1_000_000_000 - seconds) <= Self.tolerance else {
            throw FirewallError(
                .signatureExpired, "X-TC-Timestamp: it is more than \(Self.tolerance) s off; set the caller's clock.")
        }
        guard Timestamp(seconds: seconds).text(fractionDigits: 0).prefix(10) == date else {
            throw FirewallError(.signatureWrong, "Authorization: the date is not that of X-TC-Timestamp.")
        }
        let key = [date, Self.service, "tc3_request"].reduce(Array("TC3\(secret)".utf8)) { key, part in
            Array(HMAC<SHA256>.authenticationCode(for: Array(part.utf8), using: SymmetricKey(data: key)))
        }
        // Names of headers are signed in lower case; of their values some clients sign what they send, some that in lower case.
        return [true, false].contains { isLowered in
            guard let canonical = canonical(call, isLowered: isLowered) else { return false }
            let text = "\(Self.algorithm)\n\(timestamp)\n\(date)/\(Self.service)/tc3_request\n\(Self.digest(canonical))"
            guard let wanted = Self.bytes(ofHexadecimal: signature) else { return false }
            return HMAC<SHA256>.isValidAuthenticationCode(
                wanted, authenticating: Array(text.utf8), using: SymmetricKey(data: key))
        }
    }

    private func canonical(_ call: Call, isLowered: Bool) -> [UInt8]? {
        var lines = "\(call.method.rawValue)\n/\n\(call.method == .get ? call.rawQuery : "")\n"
        for name in headerNames {
            guard let value = name == "host" ? call.authority : Self.value(name, call) else { return nil }
            let trimmed = value.trimmingCharacters(in: .whitespaces)
            lines += "\(name):\(isLowered ? trimmed.lowercased() : trimmed)\n"
        }
        let payload = call.method == .get ? [] : call.body
        let isUnsigned = call.headers[.contentDigest] == Self.unsigned
        lines +=
            "\n\(headerNames.joined(separator: ";"))\n\(Self.digest(isUnsigned ? Array(Self.unsigned.utf8) : payload))"
        return Array(lines.utf8)
    }

    private static let unsigned = "UNSIGNED-PAYLOAD"

    private static func value(_ name: String, _ call: Call) -> String? {
        call.headers.first { $0.name.canonicalName == name }?.value
    }

    private static func digest(_ bytes: [UInt8]) -> String { hexadecimal(SHA256.hash(data: bytes)) }

    private static func bytes(ofHexadecimal text: String) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count == 64 else { return nil }
        var bytes: [UInt8] = []
        for place in stride(from: 0, to: digits.count, by: 2) {
            guard let byte = UInt8(String(decoding: digits[place..<(place + 2)], as: UTF8.self), radix: 16) else {
                return nil
            }
            bytes.append(byte)
        }
        return bytes
    }
}
