import Model
import NIOHTTP1

extension S3Bucket {
    private struct Refusal {
        let code: String
        let message: String

        init(_ answer: Answer) {
            code = answer.text.text(of: "Code") ?? ""
            message = String((answer.text.text(of: "Message") ?? "").prefix(200))
        }
    }

    /// Clocks may differ by a quarter of an hour.
    private static let allowedSkew = 900

    /// The error of an answer that may be another the next time; nil for all others.
    func transientError(_ answer: Answer) -> BucketError? {
        guard answer.status >= 400 else { return nil }
        let refusal = Refusal(answer)
        let isTransient =
            switch answer.status {
            case 408, 425, 429, 500, 502, 503, 504, 507: true
            case 409: ["OperationAborted", "ConditionalRequestConflict"].contains(refusal.code)
            case 400:
                ["RequestTimeout", "BadDigest", "IncompleteBody", "XAmzContentSHA256Mismatch"].contains(refusal.code)
            default: false
            }
        guard isTransient else { return nil }
        let pause = answer.headers.first(name: "retry-after").flatMap { HTTPDate.pause($0, now: tuning.now()) }
        return .unavailable(bucket: name, reason: "\(answer.status) \(refusal.code)", retryAfter: pause)
    }

    /// The error of an answer that is no success.
    func error(_ answer: Answer) -> BucketError {
        let refusal = Refusal(answer)
        if answer.status == 404 && refusal.code == "NoSuchBucket" { return .missing(bucket: name) }
        if [401, 403].contains(answer.status) {
            // The answer to HEAD has no code, but every answer has a date.
            let now = tuning.now()
            let theirs = answer.headers.first(name: "date").flatMap(HTTPDate.parse)
            let ahead = theirs.map { Int(now.seconds - $0.seconds) }
            if refusal.code == "RequestTimeTooSkewed" || abs(ahead ?? 0) > Self.allowedSkew {
                return .clockSkew(bucket: name, secondsAhead: ahead)
            }
            return .notAuthorized(bucket: name, code: refusal.code.isEmpty ? "HTTP \(answer.status)" : refusal.code)
        }
        if ["ExpiredToken", "InvalidToken"].contains(refusal.code) {
            return .notAuthorized(bucket: name, code: refusal.code)
        }
        var message = refusal.message
        if [301, 307].contains(answer.status) || refusal.code == "AuthorizationHeaderMalformed" {
            message += "; check region and endpoint in the bucket's location"
        }
        return .refused(bucket: name, status: answer.status, code: refusal.code, message: message)
    }
}
