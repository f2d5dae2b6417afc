import Foundation
import Host

/// How far the spool of a host has come into an archive.
package struct HostProgress: Hashable, Sendable, Codable {
    /// Number of the first record that is in no closed segment; a spool counts from 1.
    package var next: UInt64
    /// Numbers whose records are being closed: after a crash each may be there, or not.
    package var inDoubt: Range<UInt64>?
    /// All windows that ended up to this instant were in the spool, in microseconds since 1970.
    package var closed: Int64

    package static let none = HostProgress(next: 1, inDoubt: nil, closed: 0)

    static let folderName = ".hosts"

    private static func path(_ folder: ArchiveFolder, _ host: String) -> String {
        "\(folder.path)/\(folderName)/\(Partition.encoded(host)).json"
    }

    /// What the archive knows of a host; a file that cannot be read is an error, for what is in doubt then is everything.
    package static func read(_ folder: ArchiveFolder, host: String) throws -> HostProgress {
        let path = path(folder, host)
        guard let bytes = try DurableFile.read(path) else { return .none }
        do {
            return try JSONDecoder().decode(HostProgress.self, from: Data(bytes))
        } catch {
            throw ArchiveError("\(path): how far host \(host) is archived cannot be read (\(error))")
        }
    }

    /// The first number that an answer takes from the spool: what lies before it is in closed segments, all of it.
    package var boundary: UInt64 { min(next, inDoubt?.lowerBound ?? next) }

    /// The hosts whose spools come into an archive, and how far they have come.
    package static func all(_ folder: ArchiveFolder) throws -> [String: HostProgress] {
        let place = "\(folder.path)/\(folderName)"
        guard DurableFile.exists(place) else { return [:] }
        var found: [String: HostProgress] = [:]
        for name in try DurableFile.list(place) where name.hasSuffix(".json") && !name.hasPrefix(".") {
            let host = SegmentNote.decoded(name.dropLast(5))
            found[host] = try read(folder, host: host)
        }
        return found
    }

    func write(_ folder: ArchiveFolder, host: String) throws {
        let path = Self.path(folder, host)
        try DurableFile.makeFolder("\(folder.path)/\(Self.folderName)")
        try DurableFile.replace(path, with: Array(try JSONEncoder().encode(self)))
    }
}
