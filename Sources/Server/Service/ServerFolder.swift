import Host
import Model
import Registry

/// Where things lie in the server's data folder.
package struct ServerFolder: Hashable, Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var registry: String { path + "/registry.sqlite" }
    /// The records and events that hosts have sent, a folder each.
    package var hosts: String { path + "/hosts" }
    /// What credentials of buckets are sealed with; a copy of the registry is of no use for them without it.
    var secretsKey: String { path + "/secrets.key" }
    /// The certificate that clients need to trust.
    package var authorityCertificate: String { path + "/authority.pem" }
    private var authorityKey: String { path + "/authority.key" }
    private var serverCertificate: String { path + "/server.pem" }
    private var serverKey: String { path + "/server.key" }
    /// Names an own certificate is good for: which address it was made for.
    private var serverNames: String { path + "/server.names" }

    /// The authority of this folder; made on first use.
    package func certificates() throws -> Certificates {
        if let key = try text(authorityKey), let certificate = try text(authorityCertificate) {
            return try Certificates(keyPEM: key, certificatePEM: certificate)
        }
        let made = try Certificates()
        try DurableFile.replace(authorityKey, with: Array(made.keyPEM.utf8), mode: 0o600)
        try DurableFile.replace(authorityCertificate, with: Array(made.authorityPEM.utf8), mode: 0o644)
        return made
    }

    /// SHA-256 of the authority's certificate in hexadecimal, as an enrolment token bears it.
    package func authorityFingerprint() throws -> String {
        try certificates().fingerprint
    }

    /// Holds the folder for one server, or one restore; let go of when the value goes.
    package func lock() throws -> FolderLock {
        do {
            return FolderLock(try DurableFile.lock(path + "/lock"))
        } catch {
            throw RegistryError(.notPossibleHere, "data folder \(path): a server works in it; stop it first")
        }
    }

    /// The server's certificate and key: an operator's own in `server.pem` and `server.key`, or one made here.
    func serverCertificate(
        _ authority: Certificates, names given: [String]
    ) throws -> (certificatePEM: String, keyPEM: String) {
        let unspecified: Set = ["0.0.0.0", "::"]
        let names = Set(given + ["localhost", Machine.hostName]).subtracting(unspecified).sorted()
        let label = names.joined(separator: " ")
        if let key = try text(serverKey), let certificate = try text(serverCertificate) {
            // One without a list of names is the operator's.
            let made = try text(serverNames)
            if made == nil || made == label { return (certificate, key) }
        }
        let issued = try authority.issueServer(
            names: names.filter { Self.address($0) == nil },
            addresses: names.compactMap(Self.address) + [[127, 0, 0, 1], Self.loopback6])
        try DurableFile.replace(serverNames, with: Array(label.utf8), mode: 0o644)
        try DurableFile.replace(serverKey, with: Array(issued.keyPEM.utf8), mode: 0o600)
        try DurableFile.replace(serverCertificate, with: Array(issued.certificatePEM.utf8), mode: 0o644)
        return issued
    }

    private static let loopback6 = [UInt8](repeating: 0, count: 15) + [1]

    private static func address(_ text: String) -> [UInt8]? { IPAddress(text)?.bytes }

    private func text(_ path: String) throws -> String? {
        try DurableFile.read(path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A data folder that nobody else may work in.
package final class FolderLock: Sendable {
    private let descriptor: Descriptor

    fileprivate init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
