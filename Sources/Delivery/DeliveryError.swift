package import Buckets
package import Gzip
package import Host
package import Model

/// Why a window is not delivered. It stays pending, and the caller tries again later.
package enum DeliveryError: Error, Equatable, Sendable {
    /// The bucket refuses.
    case bucket(BucketError)
    case compression(GzipError)
    /// The state file cannot be read or written.
    case state(SystemError)
    /// The state file is there, but says nothing that can be understood.
    case badState(path: String, reason: String)
    /// Manifests cannot be made.
    case manifest(String)
    /// The window is empty, or begins before the last delivered one ended.
    case outOfOrder(start: Timestamp, end: Timestamp, deliveredUntil: Timestamp?)
}

extension DeliveryError: CustomStringConvertible {
    package var description: String {
        switch self {
        case .bucket(let error): error.description
        case .compression(let error): "compressing an object: \(error)"
        case .state(let error): "delivery state: \(error)"
        case .badState(let path, let reason):
            "delivery state \(path) cannot be understood: \(reason); put a good copy back, or remove it to begin new "
                + "streams"
        case .manifest(let reason): "manifests: \(reason)"
        case .outOfOrder(let start, let end, let deliveredUntil):
            "window \(start) to \(end) is out of order: delivered until "
                + (deliveredUntil.map { "\($0)" } ?? "the beginning")
        }
    }
}
