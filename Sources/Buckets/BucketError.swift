package import Host

/// Why an object is not in its bucket. No text of it holds a secret.
package enum BucketError: Error, Equatable, Sendable {
    /// There is no such bucket: its folder is not mounted, or it was deleted.
    case missing(bucket: String)
    /// The bucket's owner does not let us; `code` is the service's word, such as `SignatureDoesNotMatch`.
    case notAuthorized(bucket: String, code: String)
    /// The service refuses us because the clocks differ; by how many seconds this host's is ahead, where that is known.
    case clockSkew(bucket: String, secondsAhead: Int?)
    /// Another object lies under the key. Objects are never replaced.
    case differentContent(key: String, bucket: String)
    /// The key has an empty part, one that would lead out of the bucket, or is too long.
    case badKey(String)
    /// The text does not say a bucket.
    case badLocation(String, reason: String)
    /// There are no usable credentials of this name.
    case badCredentials(String, reason: String)
    /// The service does not answer, or not now; it may say when to come again.
    case unavailable(bucket: String, reason: String, retryAfter: Duration?)
    /// The service refuses the request for good.
    case refused(bucket: String, status: Int, code: String, message: String)
    /// The kernel refused a call.
    case system(SystemError)

    /// Whether the same request may succeed soon without anybody mending anything.
    package var isTransient: Bool {
        if case .unavailable = self { true } else { false }
    }

    /// How long the service asked to be left alone.
    package var retryAfter: Duration? {
        if case .unavailable(_, _, let pause) = self { pause } else { nil }
    }
}

extension BucketError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let bucket):
            "bucket \(bucket) is not there: create it, or mount what holds it"
        case .notAuthorized(let bucket, let code):
            "bucket \(bucket) refuses the credentials (\(code)): check access key, secret key and the right to read and write"
        case .clockSkew(let bucket, let seconds):
            "bucket \(bucket) refuses requests because the clocks differ"
                + (seconds.map { ": this host's is \(abs($0)) s \($0 < 0 ? "behind" : "ahead")" } ?? "")
                + "; set this host's clock (chronyc makestep)"
        case .differentContent(let key, let bucket):
            "bucket \(bucket) holds another object under the key \(key): objects are never replaced"
        case .badKey(let key):
            "\"\(key)\" is not a key: parts must not be empty, \".\" or \"..\", at most 255 bytes each and 1,024 in all"
        case .badLocation(let text, let reason): "bucket \"\(text)\": \(reason)"
        case .badCredentials(let name, let reason): "credentials \(name): \(reason)"
        case .unavailable(let bucket, let reason, let pause):
            "bucket \(bucket) does not answer (\(reason))"
                + (pause.map { "; it asks to be left alone for \($0.components.seconds) s" } ?? "")
        case .refused(let bucket, let status, let code, let message):
            "bucket \(bucket) refuses: \(code.isEmpty ? "HTTP" : code) \(status)\(message.isEmpty ? "" : ", \(message)")"
        case .system(let error): error.description
        }
    }
}
