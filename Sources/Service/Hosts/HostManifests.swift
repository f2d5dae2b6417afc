import Crypto
import Delivery
import HTTPTypes
import Link
import Model
import Registry

/// Signs hosts' manifests with the control plane's key: each once, and each after the one before.
struct HostManifests: Sendable {
    let registry: Registry
    /// Nil where the server has none.
    let key: ManifestKey?

    private static let noKey = RegistryError(.notPossibleHere, "This server signs no manifests.")

    /// `GET agent/manifest-key`: what signatures are checked with.
    func publicKey() throws -> Answer {
        guard let key else { throw Self.noKey }
        return Answer(text: key.publicText + "\n", type: "text/plain")
    }

    /// `POST agent/manifests`
    func sign(_ call: Call, _ host: String) async throws -> Answer {
        guard let key else { throw Self.noKey }
        let request: ManifestSigningRequest = try await call.message()
        let now = Timestamp.now
        let files = request.manifests.map { text -> Result<SignedManifest, Reason> in
            Result { () throws(Reason) in try SignedManifest(Array(text.utf8), by: key, at: now) }
        }
        let reasons = try await registry.keep { database in
            try files.map { file -> String? in
                switch file {
                case .failure(let reason): reason.words
                case .success(let file): try ManifestHeads.advance(to: file.link, of: host, in: database)
                }
            }
        }
        let signatures = zip(files, reasons).map { file, reason in
            reason == nil ? (try? file.get()).map { hexadecimal($0.signature) } : nil
        }
        let answer = ManifestSigningAnswer(
            key: key.publicText, signatures: signatures, reasons: reasons.map { $0.map(Limit.failureText.cut) })
        return Answer(.ok, JSON(parsing: try ControlCodec.encode(answer)))
    }

    private struct Reason: Error { let words: String }

    /// A manifest beside the signature that it would have.
    private struct SignedManifest {
        let signature: [UInt8]
        let link: ManifestHeads.Link

        init(_ line: [UInt8], by key: ManifestKey, at now: Timestamp) throws(Reason) {
            let manifest: Manifest
            do throws(Manifest.ReadError) { manifest = try Manifest(line: line) } catch {
                throw Reason(words: "it is no manifest")
            }
            guard manifest.number > 0, manifest.hour <= now.nanoseconds / 3_600_000_000_000, manifest.chain <= now
            else {
                throw Reason(words: "number \(manifest.number), hour \(manifest.hour): no hour that is over")
            }
            guard let signature = try? key.sign(line),
                let file = try? Manifest.file(line, signature, by: key.publicText)
            else { throw Reason(words: "it cannot be signed") }
            self.signature = signature
            link = ManifestHeads.Link(
                interface: manifest.interface, chain: manifest.chain.nanoseconds, number: manifest.number,
                previous: manifest.previous, digest: hexadecimal(SHA256.hash(data: line)),
                file: hexadecimal(SHA256.hash(data: file)))
        }
    }
}
