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
    /// The collector's format is of another release.
    case unknownFormat(String)
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
        case .unknownFormat(let name):
            "format \"\(name)\" is not known to this release; update this host, or give the collector another format"
        case .gone(let bucket): "no collector names \(bucket) any more"
        }
    }
}
