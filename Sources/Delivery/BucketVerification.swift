package import Buckets
import Crypto
package import Model
import Records

/// Proves by its manifests that a bucket, or a copy of one, is complete and unaltered.
package struct BucketVerification: Sendable {
    /// Something that is not as it was delivered.
    package enum Finding: Hashable, Sendable, Comparable {
        case removed(key: String)
        case truncated(key: String, size: Int, wanted: Int)
        case altered(key: String)
        /// Nobody delivered it there: a copy of another object, or made by somebody else.
        case replayed(key: String)
        case badManifest(key: String, reason: String)
        /// The chain goes on behind it.
        case removedManifest(interface: String, number: Int)
    }

    package struct Report: Sendable {
        package var manifests = 0
        /// Objects that are as their manifest says.
        package var proven = 0
        /// Those of them that say that records are missing.
        package var stated = 0
        /// Objects of hours that have no manifest yet.
        package var uncovered = 0
        /// The end of the last hour that a manifest covers.
        package var coveredUntil: Timestamp?
        package var findings: [Finding] = []
        /// How many manifests each key signed, by its public half in hexadecimal digits.
        package var signers: [String: Int] = [:]
    }

    private let bucket: any Bucket
    private let keys: [ManifestKey.Public]

    package init(_ bucket: any Bucket, keys: [ManifestKey.Public]) {
        self.bucket = bucket
        self.keys = keys
    }

    package func run() async throws(BucketError) -> Report {
        var report = Report()
        var listed: [String: Manifest.Object] = [:]
        var sealedUntil: [String: Int64] = [:]
        for manifest in try await manifests(&report) {
            for object in manifest.objects { listed[object.key] = object }
            sealedUntil[manifest.interface] = max(sealedUntil[manifest.interface] ?? .min, manifest.hour)
            let end = Timestamp(hours: manifest.hour).advanced(by: .seconds(3600))
            report.coveredUntil = max(report.coveredUntil ?? end, end)
        }
        var present: [String: Int] = [:]
        for prefix in ObjectFormats.standard.keyPrefixes {
            try await bucket.list(prefix: prefix) { present[$0.key] = $0.size }
        }
        for object in listed.values {
            guard let size = present.removeValue(forKey: object.key) else {
                report.findings.append(.removed(key: object.key))
                continue
            }
            if size < object.size {
                report.findings.append(.truncated(key: object.key, size: size, wanted: object.size))
            } else if let content = try await bucket.content(of: object.key), hash(content) == object.sha256 {
                report.proven += 1
                if object.hasLoss { report.stated += 1 }
            } else {
                report.findings.append(.altered(key: object.key))
            }
        }
        for key in present.keys {
            // What was delivered after an interface's last manifest is not covered yet.
            if let place = ObjectFormats.standard.place(key: key),
                place.hour > sealedUntil[place.interface.description] ?? .min
            {
                report.uncovered += 1
            } else {
                report.findings.append(.replayed(key: key))
            }
        }
        report.findings.sort()
        return report
    }

    // MARK: Manifests

    /// The manifests that prove something, after their chains were looked at.
    private func manifests(_ report: inout Report) async throws(BucketError) -> [Manifest] {
        struct Chain: Hashable {
            let interface: String
            let start: Timestamp
        }
        var chains: [Chain: [Int: (manifest: Manifest, hash: String)]] = [:]
        for entry in try await bucket.list(prefix: Manifest.prefix) {
            guard let file = try await bucket.content(of: entry.key) else { continue }
            do throws(Manifest.ReadError) {
                let (manifest, signer) = try Manifest.read(file, confirmedBy: keys)
                report.signers[signer, default: 0] += 1
                guard manifest.key == entry.key else {
                    report.findings.append(.replayed(key: entry.key))
                    continue
                }
                let chain = Chain(interface: manifest.interface, start: manifest.chain)
                chains[chain, default: [:]][manifest.number] = (manifest, hash(file))
            } catch {
                report.findings.append(.badManifest(key: entry.key, reason: Self.reason(error)))
            }
        }
        for (chain, links) in chains {
            for number in 1...(links.keys.max() ?? 1) {
                guard let link = links[number] else {
                    report.findings.append(.removedManifest(interface: chain.interface, number: number))
                    continue
                }
                if number > 1, let before = links[number - 1], link.manifest.previous != before.hash {
                    report.findings.append(
                        .badManifest(key: link.manifest.key, reason: "the one before it is another"))
                }
            }
        }
        let found = chains.values.flatMap { $0.values.map(\.manifest) }
        report.manifests = found.count
        return found
    }

    private static func reason(_ error: Manifest.ReadError) -> String {
        switch error {
        case .unreadable: "it is no manifest"
        case .wrongSignature: "its signature does not fit"
        case .otherKey(let key): "it was signed with another key, \(key)"
        }
    }

    private func hash(_ content: [UInt8]) -> String { hexadecimal(SHA256.hash(data: content)) }
}
