import Host

/// What a host keeps to be known by its control plane.
package struct UplinkFolder: Hashable, Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    var key: String { path + "/host.key" }
    var certificate: String { path + "/host.pem" }
    var authority: String { path + "/authority.pem" }
    /// What the server's name was resolved to last, an address a line.
    var serverAddresses: String { path + "/server-addresses" }
    var shipped: String { path + "/shipped.json" }

    /// Whether the host was taken in.
    package var isEnrolled: Bool { [key, certificate, authority].allSatisfy(DurableFile.exists) }

    func text(_ path: String) throws -> String {
        guard let bytes = try DurableFile.read(path) else {
            throw UplinkError.notEnrolled(self.path)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// Why a host does not get through to its control plane.
package enum UplinkError: Error, Equatable, CustomStringConvertible {
    case notEnrolled(String)
    case token(String)
    case wrongAuthority(wanted: String, seen: String)
    /// The server answered something else than wanted.
    case refused(Int, String)
    case streamEnded
    /// The server amends a policy that this process was not told.
    case notAmendable
    /// The server names credentials as it must not.
    case badCredentialsName(String)

    package var description: String {
        switch self {
        case .notAmendable: "what the server amends was not told here; asking for the whole policy"
        case .badCredentialsName(let name): "the server names credentials \"\(name)\": it is of another version"
        case .notEnrolled(let folder):
            "folder \(folder): this host is not enrolled; start the agent with --enrol TOKEN-FILE once"
        case .token(let words): "enrolment token: \(words)"
        case .wrongAuthority(let wanted, let seen):
            "the server's authority has fingerprint \(seen), the token says \(wanted): another server answers there"
        case .refused(let status, let words): "the server refuses (\(status)): \(words)"
        case .streamEnded: "the server ended the stream"
        }
    }
}
