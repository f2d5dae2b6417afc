import Buckets
import Foundation
import Host
import Model
import Synchronization
import TestSupport
import Testing

@testable import Delivery

/// Manifests bear the control plane's signature where it answers, and the host's where it does not.
@Suite struct ManifestSignerTests {
    private let revision = Estate.revision([Estate.collector(.vpc("shop"))])

    /// A control plane's key, and how it answers.
    private final class Plane: Sendable {
        enum Manner: Sendable { case signs, isAway, lies, signsNothing }

        private let key: ManifestKey
        let manner: Mutex<Manner>

        init(_ folder: String, _ manner: Manner) throws {
            key = try ManifestKey(file: "\(folder)/plane.key")
            self.manner = Mutex(manner)
        }

        var publicKey: ManifestKey.Public? { ManifestKey.Public(key.publicText) }

        var signer: ManifestSigner {
            ManifestSigner { lines in
                guard let publicKey = self.publicKey else { return nil }
                switch self.manner.withLock({ $0 }) {
                case .signs:
                    return .init(key: publicKey, signatures: lines.map { try? self.key.sign($0) })
                case .isAway: return nil
                case .lies:
                    return .init(key: publicKey, signatures: lines.map { _ in [UInt8](repeating: 1, count: 64) })
                case .signsNothing: return .init(key: publicKey, signatures: lines.map { _ in nil })
                }
            }
        }
    }

    private func report(_ folder: String, _ keys: [ManifestKey.Public]) async throws -> BucketVerification.Report {
        try await BucketVerification(FolderBucket(root: "\(folder)/logs", createsRoot: false), keys: keys).run()
    }

    private func ownKey(_ folder: String) throws -> ManifestKey.Public {
        try #require(ManifestKey.Public(String(decoding: try bytes("\(folder)/manifest.key.pub"), as: UTF8.self)))
    }

    @Test func `with the control plane's key alone a bucket is proven`() async throws {
        try await withScratchFolder { folder in
            let plane = try Plane(folder, .signs)
            let key = try #require(plane.publicKey)
            let host = try SpooledHost(folder, signer: plane.signer)
            for index in [0, 20, 60, 80, 120] { try await host.pass(index, revision) }
            let proven = try await report(folder, [key])
            #expect(proven.findings.isEmpty)
            #expect(proven.manifests == 6)
            #expect(proven.signers == [key.text: 6])
            // The host's own key signed none of them.
            #expect(try await report(folder, [try ownKey(folder)]).manifests == 0)
        }
    }

    @Test(arguments: [Plane.Manner.isAway, .lies, .signsNothing])
    private func `an hour without the control plane's signature bears the host's, and the chain goes on`(
        manner: Plane.Manner
    ) async throws {
        try await withScratchFolder { folder in
            let plane = try Plane(folder, .signs)
            let key = try #require(plane.publicKey)
            let host = try SpooledHost(folder, signer: plane.signer)
            for index in [0, 20] { try await host.pass(index, revision) }
            try await host.pass(60, revision)
            plane.manner.withLock { $0 = manner }
            try await host.pass(120, revision)
            plane.manner.withLock { $0 = .signs }
            try await host.pass(180, revision)
            let own = try ownKey(folder)
            let proven = try await report(folder, [key, own])
            #expect(proven.findings.isEmpty)
            #expect(proven.signers == [key.text: 6, own.text: 3])
            // Who trusts the control plane alone is told of the others, and proves what it signed.
            let strict = try await report(folder, [key])
            #expect(strict.signers == [key.text: 6])
            #expect(
                strict.findings.contains {
                    if case .badManifest(_, let reason) = $0 { reason.contains(own.text) } else { false }
                })
        }
    }

    @Test func `a crash between the host's signature and the control plane's leaves the first`() async throws {
        try await withScratchFolder { folder in
            let plane = try Plane(folder, .isAway)
            let key = try #require(plane.publicKey)
            let host = try SpooledHost(folder, signer: plane.signer)
            for index in 0..<2 { try await host.pass(index, revision) }
            let state = try bytes("\(folder)/state/delivery.json")
            let journal = try #require(files(below: "\(folder)/manifest-journals").first)
            let lines = try bytes("\(folder)/manifest-journals/\(journal)")
            try await host.pass(60, revision)
            try write(state, to: "\(folder)/state/delivery.json")
            try write(lines, to: "\(folder)/manifest-journals/\(journal)")
            plane.manner.withLock { $0 = .signs }
            try host.restart()
            try await host.deliver()
            try await host.pass(120, revision)
            let own = try ownKey(folder)
            let proven = try await report(folder, [key, own])
            #expect(proven.findings.isEmpty)
            #expect(proven.signers == [own.text: 3, key.text: 3])
        }
    }
}
