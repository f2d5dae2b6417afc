import ArgumentParser
import Buckets
import Delivery
import Foundation
import Host
import Link
import Model
import Terminal

/// Proves a bucket, or a copy of one, by its manifests.
struct Verify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Whether a bucket's flow logs, or a copy of them, are complete and unaltered.",
        discussion: """
            Each hour's objects are listed in a manifest that the host's control plane signed, or the host where none answered. What was removed, altered, truncated or put \
            there by somebody else is told, a line each, and the exit code is 3. Objects of hours that have no manifest yet \
            are counted, not proven; the last hours of a bucket may be missing together with their manifests: compare \
            `covered until` with what you expect.

            Example: gatehouse verify /mnt/copy --key manifest.key.pub
            """)

    @Argument(help: "A folder, file:PATH or s3://BUCKET?…, as collectors name it.")
    var bucket: String

    @Option(
        help: """
            The public key of the control plane, or of a host that delivered without one; may be given again \
            (default: those of the data folder).
            """)
    var key: [String] = []

    @OptionGroup var data: DataOptions

    func run() async throws {
        let keys = try keys()
        let opened = try BucketLocation(location, dataFolder: data.data).open(
            CredentialStore(folder: data.folder.credentials))
        let result: Result<BucketVerification.Report, BucketError>
        do throws(BucketError) {
            result = .success(try await BucketVerification(opened, keys: keys).run())
        } catch {
            result = .failure(error)
        }
        await opened.close()
        let report = try result.get()
        for finding in report.findings { print(Self.words(finding)) }
        Console.tell(Self.summary(report))
        if !report.findings.isEmpty { throw ExitCode.no }
        guard report.manifests > 0 else {
            throw NotFound("bucket \(bucket): there is no manifest; the first is written when an hour is over")
        }
    }

    /// Those that were named, or those that lie in the data folder: the host's own, and its control plane's.
    private func keys() throws -> [ManifestKey.Public] {
        let usual = [data.folder.manifestKey + ".pub", data.folder.serverManifestKey].filter(DurableFile.exists)
        let paths = key.isEmpty ? usual : key
        guard !paths.isEmpty else {
            throw NotFound(
                "key \(data.folder.manifestKey).pub: there is no such file; name the control plane's or the host's public "
                    + "key with --key")
        }
        return try paths.map { path in
            guard let bytes = try DurableFile.read(path) else {
                throw NotFound("key \(path): there is no such file; name a public key's file with --key")
            }
            guard let key = ManifestKey.Public(String(decoding: bytes, as: UTF8.self)) else {
                throw NotFound("key \(path): it does not hold 64 hexadecimal digits, an Ed25519 public key")
            }
            return key
        }
    }

    private var location: String {
        if bucket.hasPrefix("file:") || bucket.hasPrefix("s3://") { return bucket }
        return "file:" + (bucket.hasPrefix("/") ? bucket : FileManager.default.currentDirectoryPath + "/" + bucket)
    }

    static func words(_ finding: BucketVerification.Finding) -> String {
        switch finding {
        case .removed(let key): "removed \(key)"
        case .truncated(let key, let size, let wanted): "truncated \(key): \(size) of \(wanted) bytes"
        case .altered(let key): "altered \(key)"
        case .replayed(let key): "replayed \(key)"
        case .badManifest(let key, let reason): "manifest \(key): \(reason)"
        case .removedManifest(let interface, let number): "removed manifest \(number) of interface \(interface)"
        }
    }

    /// Whose signatures they bear, where that is not one key's.
    private static func signers(_ report: BucketVerification.Report) -> String {
        guard report.signers.count > 1 else { return "" }
        return "; signed by "
            + report.signers.sorted { $0.key < $1.key }.map { "\($0.key.prefix(16))… (\($0.value))" }.joined(
                separator: ", ")
    }

    private static func summary(_ report: BucketVerification.Report) -> String {
        let until = report.coveredUntil.map { "; covered until \($0.text(fractionDigits: 0))" } ?? ""
        return "\(Wording.count(report.proven, "object")) proven by \(Wording.count(report.manifests, "manifest")), "
            + "\(report.stated) of them stating loss; \(report.uncovered) without a manifest yet; "
            + "\(Wording.count(report.findings.count, "finding"))\(until)\(signers(report))"
    }
}
