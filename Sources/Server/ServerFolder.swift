import Foundation
import Host
import Model
import Registry
package import Service

/// Where things lie in the server's data folder.
package struct ServerFolder: Hashable, Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var registry: String { path + "/registry.sqlite" }
    /// The records and events that hosts have sent, a folder each.
    package var hosts: String { path + "/hosts" }
    /// The hosts' records as Parquet.
    package var archive: String { path + "/archive" }
    /// What credentials of buckets are sealed with; a copy of the registry is of no use for them without it.
    var secretsKey: String { path + "/secrets.key" }
    /// What manifests of hosts are signed with; the public key lies beside it, as `manifest.key.pub`.
    var manifestKey: String { path + "/manifest.key" }
    /// The certificate that clients need to trust.
    package var authorityCertificate: String { path + "/authority.pem" }
    private var authorityKey: String { path + "/authority.key" }
    /// The server's own certificate, and its key.
    package var certificateFile: String { path + "/server.pem" }
    private var keyFile: String { path + "/server.key" }
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
    ///
    /// One made here is made anew when it is for other names, or is soon over.
    func serverCertificate(_ authority: Certificates, names given: [String]) throws -> ServerCertificate {
        let unspecified: Set = ["0.0.0.0", "::"]
        let names = Set(given + ["localhost", Machine.hostName]).subtracting(unspecified).sorted()
        let label = names.joined(separator: " ")
        if try isMadeHere {
            // Whatever is wrong with it, a new one takes its place.
            if try text(serverNames) == label, let present = try? presentCertificate(),
                present.notAfter > Date() + Self.renewalSeconds
            {
                return present
            }
        } else if let present = try presentCertificate() {
            return present
        }
        let issued = try authority.issueServer(
            names: names.filter { Self.address($0) == nil },
            addresses: names.compactMap(Self.address) + [[127, 0, 0, 1], Self.loopback6])
        try DurableFile.replace(serverNames, with: Array(label.utf8), mode: 0o644)
        try DurableFile.replace(keyFile, with: Array(issued.keyPEM.utf8), mode: 0o600)
        try DurableFile.replace(certificateFile, with: Array(issued.certificatePEM.utf8), mode: 0o644)
        return try certificate(issued.certificatePEM, issued.keyPEM)
    }

    /// Whether the certificate's file is not the operator's: the names that it was made for are noted, and the authority of
    /// this folder has made it.
    private var isMadeHere: Bool {
        get throws {
            guard try text(serverNames) != nil, let authority = try text(authorityCertificate),
                let certificate = try text(certificateFile)
            else { return false }
            return Certificates.isServer(certificate, issuedBy: authority)
        }
    }

    /// A certificate made here is made anew so long before it is over: 30 days.
    private static let renewalSeconds = 30.0 * 86_400

    /// What lies in the certificate's files; nil where there is neither.
    private func presentCertificate() throws -> ServerCertificate? {
        switch (try text(certificateFile), try text(keyFile)) {
        case (nil, nil): return nil
        case (.some(let certificatePEM), .some(let keyPEM)): return try certificate(certificatePEM, keyPEM)
        case (let present, _):
            let (here, missing) = present == nil ? (keyFile, certificateFile) : (certificateFile, keyFile)
            throw ServerCertificate.Fault(description: "\(missing): there is no such file beside \(here); put it there")
        }
    }

    private func certificate(_ certificatePEM: String, _ keyPEM: String) throws -> ServerCertificate {
        try ServerCertificate(
            certificatePEM: certificatePEM, keyPEM: keyPEM, certificateFile: certificateFile, keyFile: keyFile)
    }

    /// Reads the certificate's files and changes nothing.
    ///
    /// - Returns: what they hold; nil where there are none yet.
    /// - Throws: what is wrong with them, also that the certificate is over; one that was made here is made anew instead.
    package func checkCertificate() throws -> String? {
        if try isMadeHere { return "made here" }
        guard let present = try presentCertificate() else { return nil }
        if let fault = present.fault(at: Date(), file: certificateFile) { throw fault }
        return present.words
    }

    private static let loopback6 = [UInt8](repeating: 0, count: 15) + [1]

    private static func address(_ text: String) -> [UInt8]? { IPAddress(text)?.bytes }

    private func text(_ path: String) throws -> String? {
        try DurableFile.read(path).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A data folder that nobody else may work in.
package final class FolderLock: Sendable {
    private let lock: FileLock

    fileprivate init(_ lock: consuming FileLock) { self.lock = lock }
}
