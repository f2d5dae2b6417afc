import Crypto
import Foundation
import Model
import NIOSSL
import SwiftASN1
import X509

/// The certificate that the server shows, with those that lead to its authority, and its key.
struct ServerCertificate: Sendable {
    /// What is wrong with the files: which one, what was found, how it is mended.
    struct Fault: Error, Hashable, CustomStringConvertible {
        let description: String
    }

    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    let notBefore: Date
    let notAfter: Date
    /// SHA-256 of the certificate in hexadecimal.
    let fingerprint: String

    /// Reads both files' texts.
    ///
    /// - Parameters:
    ///   - certificatePEM: The server's certificate, then those that lead to its authority.
    ///   - keyPEM: The private key, EC or RSA, without a password.
    ///   - certificateFile: How faults name the certificate's file.
    ///   - keyFile: How faults name the key's file.
    /// - Throws: what cannot be read, or does not belong together.
    init(
        certificatePEM: String, keyPEM: String, certificateFile: String, keyFile: String
    ) throws(Fault) {
        let certificates = Self.certificates(certificatePEM)
        guard let own = certificates.first else {
            throw Fault(description: "\(certificateFile): it holds no certificate in PEM; put a whole one there")
        }
        guard let privateKey = Self.privateKey(keyPEM) else {
            throw Fault(
                description: "\(keyFile): it holds no private key in PEM; put an EC or RSA key without a password there"
            )
        }
        guard privateKey.publicKey == own.publicKey else {
            throw Fault(
                description:
                    "\(keyFile): it is not the key of the certificate in \(certificateFile); put both there that "
                    + "belong together")
        }
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(Array(certificatePEM.utf8))
            key = try NIOSSLPrivateKey(bytes: Array(keyPEM.utf8), format: .pem)
            var serializer = DER.Serializer()
            try serializer.serialize(own)
            fingerprint = hexadecimal(SHA256.hash(data: serializer.serializedBytes))
        } catch {
            throw Fault(description: "\(certificateFile): TLS does not take it: \(error)")
        }
        (notBefore, notAfter) = (own.notValidBefore, own.notValidAfter)
    }

    /// All or none: a certificate that cannot be read makes the whole file one that cannot.
    private static func certificates(_ text: String) -> [Certificate] {
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        return (try? documents.map { try Certificate(pemDocument: $0) }) ?? []
    }

    /// What OpenSSL writes of a curve's parameters may come before the key.
    private static func privateKey(_ text: String) -> Certificate.PrivateKey? {
        let documents = (try? PEMDocument.parseMultiple(pemString: text)) ?? []
        return documents.first { $0.discriminator.hasSuffix("PRIVATE KEY") }.flatMap {
            try? Certificate.PrivateKey(pemDocument: $0)
        }
    }

    /// Until when it is good, as RFC 3339.
    var end: String { Self.text(notAfter) }

    /// Why nobody would trust it at an instant; nil where nothing stands against it.
    func fault(at now: Date, file: String) -> Fault? {
        if now >= notAfter { return Fault(description: "\(file): it expired at \(end); put a newer one there") }
        guard now < notBefore else { return nil }
        return Fault(description: "\(file): it is good from \(Self.text(notBefore)) on; put one there that is good now")
    }

    /// What of it a person compares.
    var words: String { "good until \(end), SHA-256 \(fingerprint)" }

    private static func text(_ date: Date) -> String {
        Timestamp(seconds: Int64(date.timeIntervalSince1970)).text(fractionDigits: 0)
    }
}
