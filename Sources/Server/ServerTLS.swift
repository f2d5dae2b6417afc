import Foundation
import NIOCore
import NIOSSL
import Service
import Synchronization

/// How TLS is spoken with callers; another certificate can take the present one's place while connections are open.
///
/// A connection keeps what it began with: the hosts' streams go on, and who comes later is shown the new certificate.
final class ServerTLS: Sendable {
    private let folder: ServerFolder
    private let authority: Certificates
    private let names: [String]
    private let present: Mutex<(context: NIOSSLContext, certificate: ServerCertificate)>

    /// * `names`: names and addresses that a certificate made here is good for.
    init(folder: ServerFolder, authority: Certificates, names: [String]) throws {
        self.folder = folder
        self.authority = authority
        self.names = names
        let certificate = try folder.serverCertificate(authority, names: names)
        present = Mutex((try Self.context(certificate, authority), certificate))
    }

    var context: NIOSSLContext { present.withLock { $0.context } }
    var certificate: ServerCertificate { present.withLock { $0.certificate } }

    /// Reads the certificate's files anew, and shows what they hold from now on; a fault changes nothing.
    func renew() throws -> ServerCertificate {
        let certificate = try folder.serverCertificate(authority, names: names)
        if let fault = certificate.fault(at: Date(), file: folder.certificateFile) { throw fault }
        let context = try Self.context(certificate, authority)
        present.withLock { $0 = (context, certificate) }
        return certificate
    }

    private static func context(_ certificate: ServerCertificate, _ authority: Certificates) throws -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: certificate.chain.map { .certificate($0) }, privateKey: .privateKey(certificate.key))
        configuration.minimumTLSVersion = .tlsv12
        // Hosts show a certificate that our authority has signed; everybody else shows none.
        configuration.certificateVerification = .optionalVerification
        configuration.trustRoots = .certificates(
            try NIOSSLCertificate.fromPEMBytes(Array(try authority.authorityPEM.utf8)))
        // A caller that does not answer the goodbye, an idle host, does not hold the server's end up.
        configuration.shutdownTimeout = .milliseconds(500)
        return try NIOSSLContext(configuration: configuration)
    }
}
