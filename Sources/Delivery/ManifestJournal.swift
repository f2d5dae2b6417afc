import FoundationEssentials
import Glibc
import Host
import Model

/// The objects of the hour that has no manifest yet, one JSON line each, for one bucket.
///
/// Lines are on disk before the bucket's progress says that their window is delivered. A window that is delivered again after
/// a crash writes its lines again: of several with one key the last counts.
struct ManifestJournal: Sendable {
    struct Line: Codable {
        var interface: String
        var hour: Int64
        var object: Manifest.Object
    }

    private let path: String

    init(bucket: String, folder: String) {
        path = "\(folder)/\(Identifier<ManifestJournal>(derivedFrom: "manifest-journal", bucket)).jsonl"
    }

    func append(_ lines: [Line]) throws {
        guard !lines.isEmpty else { return }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        var bytes: [UInt8] = []
        for line in lines { bytes += try encoder.encode(line) + [UInt8(ascii: "\n")] }
        if !DurableFile.exists(path) {
            if let slash = path.lastIndex(of: "/") { try DurableFile.makeFolder(String(path[..<slash])) }
            try DurableFile.replace(path, with: [])
        }
        let file = try DurableFile.openForAppending(path)
        // A line that a crash cut off must not take the next one with it.
        if try !(DurableFile.read(path, lastBytes: 1) ?? []).allSatisfy({ $0 == UInt8(ascii: "\n") }) {
            bytes.insert(UInt8(ascii: "\n"), at: 0)
        }
        try file.writeAll(bytes)
        try file.synchronize()
    }

    /// The hour's objects by interface.
    func objects(of hour: Int64) throws -> [String: [Manifest.Object]] {
        var byKey: [String: Line] = [:]
        for line in try (DurableFile.read(path) ?? []).split(separator: UInt8(ascii: "\n")) {
            guard let line = try? JSONDecoder().decode(Line.self, from: Data(line)), line.hour == hour else { continue }
            byKey[line.object.key] = line
        }
        return Dictionary(grouping: byKey.values, by: \.interface).mapValues { $0.map(\.object) }
    }

    func empty() throws { try DurableFile.replace(path, with: []) }
}
