import Glibc

/// Why an object is not in its bucket.
package enum BucketError: Error, Hashable, Sendable {
    /// The bucket's folder is not there: not mounted, or deleted.
    case missing(path: String)
    /// Another object lies under the key. Objects are never replaced.
    case differentContent(key: String, path: String)
    /// The key has an empty part, or one that would lead out of the bucket.
    case badKey(String)
    /// The bucket's text is not `file:PATH`.
    case badLocation(String)
    /// The kernel refused a call.
    case system(call: String, path: String, errno: Int32)
}

extension BucketError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .missing(let path): "bucket folder \(path) is not there: create it, or mount what holds it"
        case .differentContent(let key, let path):
            "\(path) holds another object under the key \(key): objects are never replaced"
        case .badKey(let key): "\"\(key)\" is not a key: parts must not be empty, \".\" or \"..\""
        case .badLocation(let text): "bucket \"\(text)\": write file:PATH"
        case .system(let call, let path, let code):
            "\(call) \(path): \(String(cString: strerror(code))) (errno \(code))"
        }
    }
}
