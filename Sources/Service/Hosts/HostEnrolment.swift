import HTTPTypes
import Link
import Model
import Registry

/// Takes hosts in: a token that is good once is exchanged for a certificate.
package struct HostEnrolment: Sendable {
    let registry: Registry
    /// Signs hosts' certificates; nil where TLS is off and nobody can be enrolled.
    let certificates: Certificates?
    let gate: LoginGate

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
        let request: EnrolmentRequest = try await call.message()
        guard HostRecord.isName(request.host) else {
            let shown = Limit.textOfEntry.cut(request.host)
            throw RegistryError(.invalid(.body), "host: \"\(shown)\" is no name of a host; \(HostRecord.nameRule)")
        }
        for (field, text) in [("token", request.token), ("publicKeyPEM", request.publicKeyPEM)]
        where !Limit.tokenText.admits(text) {
            throw RegistryError(.invalid(.body), "\(field): more than \(Limit.tokenText.bound) bytes")
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
        try await prove(request, by: actor, call)
        try await registry.change(by: actor) { change in
            try Hosts.redeem(request.token, for: request.host, at: change.instant.nanoseconds, in: change.database)
            _ = try change.enrol(request.host, certificateSerial: issued.serial)
        }
        let answer = EnrolmentAnswer(
            certificatePEM: issued.certificatePEM, authorityPEM: try certificates.authorityPEM)
        return Answer(.created, JSON(parsing: try ControlCodec.encode(answer)))
    }

    /// Looks at the token before anything is begun: what strangers try leaves a count, and no entry each.
    private func prove(_ request: EnrolmentRequest, by actor: Actor, _ call: Call) async throws {
        let now = Timestamp.now.nanoseconds
        do {
            let isGood = try await gate.attempt(.enrolment, request.host, call) { [registry] in
                try await registry.read {
                    try Hosts.isGood(request.token, for: request.host, at: now, in: $0) ? true : nil
                }
            }
            guard isGood == nil else { return }
            throw Hosts.tokenFault(request.host)
        } catch let error as RegistryError {
            try await registry.noteRepeated(
                AuditNote(action: actor.action, outcome: .failure, reason: error.message), by: actor)
            throw error
        }
    }
}
