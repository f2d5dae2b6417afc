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

    /// In how many parts the journal is read, so that each fits into memory: about 8 MB of lines.
    func parts() throws -> Int { try DurableFile.size(path) / (8 << 20) + 1 }

    /// The hour's objects by interface, of the interfaces that fall into one of so many parts.
    func objects(of hour: Int64, part: Int = 0, of parts: Int = 1) throws -> [String: [Manifest.Object]] {
        var byKey: [String: Line] = [:]
        try forEachLine { bytes in
            guard parts == 1 || Self.part(of: bytes, parts) == part,
                let line = try? JSONDecoder().decode(Line.self, from: Data(bytes)), line.hour == hour
            else { return }
            byKey[line.object.key] = line
        }
        return Dictionary(grouping: byKey.values, by: \.interface).mapValues { $0.map(\.object) }
    }

    private func forEachLine(_ body: (ArraySlice<UInt8>) -> Void) throws {
        guard DurableFile.exists(path) else { return }
        let file = try DurableFile.open(path, flags: O_RDONLY)
        var rest: [UInt8] = []
        while true {
            let chunk = try file.readSome(limit: 1 << 20)
            if chunk.isEmpty { break }
            rest += chunk
            guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else { continue }
            for line in rest[..<end].split(separator: UInt8(ascii: "\n")) { body(line) }
            rest.removeSubrange(...end)
        }
        // A last line that a crash cut off is none.
        body(rest[...])
    }

    /// The part that a line's interface falls into; the line is not decoded for it.
    private static func part(of line: ArraySlice<UInt8>, _ parts: Int) -> Int? {
        guard let name = line.firstRange(of: Array("\"interface\":\"".utf8)) else { return nil }
        let hash = line[name.upperBound...].prefix(36).reduce(5381 as UInt32) { $0 &* 33 &+ UInt32($1) }
        return Int(hash % UInt32(parts))
    }

    func empty() throws { try DurableFile.replace(path, with: []) }
}
