import Crypto
import Foundation
import Model
import SwiftASN1
import X509

/// The server's own authority: it signs the server's certificate and those of enrolled hosts.
package struct Certificates: Sendable {
    private let authorityKey: P256.Signing.PrivateKey
    private let authority: Certificate

    package var authorityPEM: String { get throws { try authority.serializeAsPEM().pemString } }

    /// SHA-256 of the authority's certificate in hexadecimal: what an enrolment token bears.
    package var fingerprint: String {
        get throws {
            var serializer = DER.Serializer()
            try serializer.serialize(authority)
            return hexadecimal(SHA256.hash(data: serializer.serializedBytes))
        }
    }

    /// Makes a new authority, good for ten years.
    package init() throws {
        authorityKey = P256.Signing.PrivateKey()
        let name = try DistinguishedName { CommonName("Gatehouse authority") }
        authority = try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(authorityKey.publicKey),
            notValidBefore: Date() - 3600, notValidAfter: Date() + 10 * 365 * 86_400, issuer: name, subject: name,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.isCertificateAuthority(maxPathLength: 0))
                Critical(KeyUsage(keyCertSign: true))
            }, issuerPrivateKey: .init(authorityKey))
    }

    /// Takes up an authority that was made before.
    package init(keyPEM: String, certificatePEM: String) throws {
        authorityKey = try P256.Signing.PrivateKey(pemRepresentation: keyPEM)
        authority = try Certificate(pemEncoded: certificatePEM)
    }

    private static var serverName: DistinguishedName {
        get throws { try DistinguishedName { CommonName("Gatehouse server") } }
    }

    package var keyPEM: String { authorityKey.pemRepresentation }

    /// A certificate and key for the server, good for the names and addresses from an hour ago, and for so many days.
    package func issueServer(
        names: [String], addresses: [[UInt8]], days: Double = 825
    ) throws -> (certificatePEM: String, keyPEM: String) {
        let key = P256.Signing.PrivateKey()
        let alternatives =
            names.map { GeneralName.dnsName($0) }
            + addresses.map { GeneralName.ipAddress(ASN1OctetString(contentBytes: $0[...])) }
        let certificate = try issue(
            key.publicKey, try Self.serverName, usage: [.serverAuth], days: days, alternatives: alternatives)
        return (try certificate.serializeAsPEM().pemString, key.pemRepresentation)
    }

    /// A certificate for a host's public key; the host keeps its private key to itself.
    package func issueHost(_ name: String, publicKeyPEM: String) throws -> (certificatePEM: String, serial: String) {
        let key = try P256.Signing.PublicKey(pemRepresentation: publicKeyPEM)
        let certificate = try issue(
            key, try DistinguishedName { CommonName(name) }, usage: [.clientAuth], days: 3650, alternatives: [])
        return (try certificate.serializeAsPEM().pemString, "\(certificate.serialNumber)")
    }

    private func issue(
        _ key: P256.Signing.PublicKey, _ subject: DistinguishedName, usage: [ExtendedKeyUsage.Usage], days: Double,
        alternatives: [GeneralName]
    ) throws -> Certificate {
        try Certificate(
            version: .v3, serialNumber: .init(), publicKey: .init(key), notValidBefore: Date() - 3600,
            notValidAfter: Date() + days * 86_400, issuer: authority.subject,
            subject: subject,
            extensions: try Certificate.Extensions {
                Critical(BasicConstraints.notCertificateAuthority)
                Critical(KeyUsage(digitalSignature: true))
                try ExtendedKeyUsage(usage)
                if !alternatives.isEmpty { SubjectAlternativeNames(alternatives) }
            }, issuerPrivateKey: .init(authorityKey))
    }

    /// Whether `issueServer` of an authority has made a certificate; false where one of the texts is none in PEM.
    package static func isServer(_ certificatePEM: String, issuedBy authorityPEM: String) -> Bool {
        guard let certificate = try? Certificate(pemEncoded: certificatePEM),
            let authority = try? Certificate(pemEncoded: authorityPEM)
        else { return false }
        return certificate.issuer == authority.subject && certificate.subject == (try? serverName)
            && authority.publicKey.isValidSignature(certificate.signature, for: certificate)
    }

    /// Who a certificate is for; nil where it names nobody.
    package static func peer(der bytes: [UInt8]) -> PeerCertificate? {
        guard let certificate = try? Certificate(derEncoded: bytes) else { return nil }
        for part in certificate.subject {
            for attribute in part where attribute.type == .RDNAttributeType.commonName {
                return PeerCertificate(
                    name: String(describing: attribute.value), serial: "\(certificate.serialNumber)")
            }
        }
        return nil
    }
}

/// A certificate that a caller has shown: whose it is, and which of those that were made for that name.
package struct PeerCertificate: Hashable, Sendable {
    /// The common name of its subject.
    package let name: String
    package let serial: String

    package init(name: String, serial: String) {
        self.name = name
        self.serial = serial
    }
}
