package import Buckets
package import Gzip
package import Host

/// Why a round is not delivered. It stays pending, and the caller tries again later.
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
    /// The spool cannot be read.
    case spool(SystemError)
    /// No collector names the bucket any more.
    case gone(bucket: String)
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
        case .spool(let error): "spool: \(error)"
        case .gone(let bucket): "no collector names \(bucket) any more"
        }
    }
}
