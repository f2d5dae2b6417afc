import Model

/// Who signs a host's manifests beside the host: a control plane, where there is one and it answers.
package struct ManifestSigner: Sendable {
    /// What it says to lines, in their order.
    package struct Answer: Sendable {
        package let key: ManifestKey.Public
        /// Nil for what it does not sign.
        package let signatures: [[UInt8]?]

        package init(key: ManifestKey.Public, signatures: [[UInt8]?]) {
            self.key = key
            self.signatures = signatures
        }
    }

    private let sign: @Sendable ([[UInt8]]) async -> Answer?

    /// - Parameter sign: Asks for signatures of lines; nil where nobody answers.
    package init(_ sign: @escaping @Sendable ([[UInt8]]) async -> Answer?) { self.sign = sign }

    /// How many bytes of lines are asked about at a time.
    private static let bytesAtOnce = 256 << 10

    /// The key and signature of each line; nil for those that nobody but the host signs. A signature that is none is not
    /// taken.
    func signatures(of lines: [[UInt8]]) async -> [(key: ManifestKey.Public, signature: [UInt8])?] {
        var found: [(key: ManifestKey.Public, signature: [UInt8])?] = []
        var next = 0
        while next < lines.count {
            var (end, bytes) = (next, 0)
            repeat {
                bytes += lines[end].count
                end += 1
            } while end < lines.count && bytes + lines[end].count <= Self.bytesAtOnce
            let part = Array(lines[next..<end])
            let answer = await sign(part)
            found += part.enumerated().map { place, line in
                guard let answer, answer.signatures.count == part.count, let signature = answer.signatures[place],
                    answer.key.confirms(signature, of: line)
                else { return nil }
                return (answer.key, signature)
            }
            next = end
        }
        return found
    }
}
