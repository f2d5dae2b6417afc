import Host
import Link
import Synchronization

/// Asks the control plane to sign manifests, while there is a way to it.
final class ManifestSigning: Sendable {
    /// Sends a request's body and gives the answer's.
    typealias Ask = @Sendable ([UInt8]) async throws -> [UInt8]

    private let keyFile: String
    private let tell: @Sendable (String) -> Void
    private let state = Mutex<(ask: Ask?, lastWords: String)>((nil, ""))

    /// * `keyFile`: where the control plane's public key is kept, for who verifies on this host.
    init(keyFile: String, tell: @escaping @Sendable (String) -> Void) {
        self.keyFile = keyFile
        self.tell = tell
    }

    /// Says how the control plane is asked; nil while it is not.
    func ask(_ ask: Ask?) { state.withLock { $0.ask = ask } }

    /// What the control plane says to lines; nil where it does not answer: the host signs alone then, and goes on.
    func answer(to lines: [[UInt8]]) async -> ManifestSigningAnswer? {
        guard let ask = state.withLock({ $0.ask }) else { return nil }
        do {
            let request = ManifestSigningRequest(manifests: lines.map { String(decoding: $0, as: UTF8.self) })
            let answer: ManifestSigningAnswer = try ControlCodec.decode(
                try await ask(try ControlCodec.encode(request)))
            try keep(answer.key)
            note(answer.reasons.compactMap(\.self).first.map { "it signs not all: \($0)" })
            return answer
        } catch {
            note("\(error)")
            return nil
        }
    }

    private func keep(_ key: String) throws {
        let text = Array((key + "\n").utf8)
        guard try DurableFile.read(keyFile) != text else { return }
        try DurableFile.replace(keyFile, with: text, mode: 0o644)
    }

    /// Says once why manifests bear the host's signature alone.
    private func note(_ fault: String?) {
        let isNew = state.withLock { state in
            defer { state.lastWords = fault ?? "" }
            return fault != nil && fault != state.lastWords
        }
        if isNew, let fault { tell("manifests are signed by this host alone: \(fault)") }
    }
}
