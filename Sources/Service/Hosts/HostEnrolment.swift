import HTTPTypes
import Link
import Model
import Registry

/// Takes hosts in: a token that is good once is exchanged for a certificate.
package struct HostEnrolment: Sendable {
    let registry: Registry
    /// Signs hosts' certificates; nil where TLS is off and nobody can be enrolled.
    let certificates: Certificates?

    private static let needsTLS = RegistryError(
        .notPossibleHere, "This server speaks plain HTTP: hosts are enrolled over TLS only.")

    /// What makes an enrolment token safe to use: who the server is. Nothing where TLS is off.
    var fingerprint: String? { get throws { try certificates?.fingerprint } }

    /// `GET agent/authority`: the certificate that the host trusts from then on.
    func authority() throws -> Answer {
        guard let certificates else { throw Self.needsTLS }
        return Answer(text: try certificates.authorityPEM, type: "application/x-pem-file")
    }

    /// `POST agent/enrol`
    func enrol(_ call: Call) async throws -> Answer {
        guard let certificates else {
            throw Self.needsTLS
        }
        let request: EnrolmentRequest
        do {
            request = try ControlCodec.decode(call.body)
        } catch {
            throw RegistryError(.invalid(.body), "The enrolment request cannot be read.")
        }
        guard HostRecord.isName(request.host) else {
            throw RegistryError(.invalid(.body), "host: \"\(request.host)\" is no name of a host")
        }
        let issued: (certificatePEM: String, serial: String)
        do {
            issued = try certificates.issueHost(request.host, publicKeyPEM: request.publicKeyPEM)
        } catch {
            throw RegistryError(.invalid(.body), "publicKeyPEM is no P-256 public key in PEM")
        }
        var actor = Actor.system("host.enrol", requestID: call.requestID)
        actor.userName = "host \(request.host)"
        actor.source = call.source
        try await registry.change(by: actor) { change in
            try Hosts.redeem(request.token, for: request.host, at: change.instant.nanoseconds, in: change.database)
            _ = try change.enrol(request.host, certificateSerial: issued.serial)
        }
        let answer = EnrolmentAnswer(
            certificatePEM: issued.certificatePEM, authorityPEM: try certificates.authorityPEM)
        return Answer(.created, JSON(parsing: try ControlCodec.encode(answer)))
    }
}
