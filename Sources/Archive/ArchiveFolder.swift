package import Host
import Parquet

/// A folder of records as Parquet files, in folders of projects, VPCs, dates and hours.
package struct ArchiveFolder: Sendable {
    package let path: String

    package init(_ path: String) { self.path = path }

    package var exists: Bool { DurableFile.exists(path) }

    /// Takes the right to write for this process; throws `FolderClaim.Taken` while another one has it.
    package func claim() throws -> FolderClaim {
        try DurableFile.makeFolder(path)
        return try FolderClaim.take("\(path)/.gatehouse.lock")
    }

    /// Folders that hold files of records, by their paths below this one, in order.
    package func folders() throws(SystemError) -> [String] {
        var found: [String] = []
        try walk("", depth: 0, &found)
        return found.sorted()
    }

    private func walk(_ place: String, depth: Int, _ found: inout [String]) throws(SystemError) {
        var hasFiles = false
        for name in try names(place) {
            if name.hasSuffix(SegmentFile.suffix) || name.hasPrefix(Replacement.journalPrefix) {
                hasFiles = true
            } else if !name.hasPrefix("."), name != StatementLog.name, depth < 8 {
                try walk(place.isEmpty ? name : "\(place)/\(name)", depth: depth + 1, &found)
            }
        }
        if hasFiles { found.append(place) }
    }

    /// Names in a folder below this one; none where it is a file, or gone.
    private func names(_ place: String) throws(SystemError) -> [String] {
        do {
            return try DurableFile.list(place.isEmpty ? path : "\(path)/\(place)")
        } catch {
            if error.isNoFolder { return [] }
            throw error
        }
    }

    /// The segments of a folder as they are at one moment, and the files that are none.
    package func open(_ folder: String) throws(SystemError) -> (segments: [OpenSegment], unreadable: [UnreadableFile]) {
        // Names never come back, so a list that is the same before and after opening was true in between.
        for _ in 0..<1000 {
            let before = try names(folder)
            if let opened = try open(folder, before), try names(folder) == before { return opened }
        }
        throw SystemError("open", "\(path)/\(folder)", code: SystemError.tryAgain)
    }

    /// nil where a file has gone in the meantime.
    private func open(
        _ folder: String, _ names: [String]
    ) throws(SystemError) -> (segments: [OpenSegment], unreadable: [UnreadableFile])? {
        var wanted: [(name: String, alternative: String?)] = []
        var replaced: Set<String> = []
        for journal in names where journal.hasPrefix(Replacement.journalPrefix) && !journal.hasSuffix(".new") {
            guard let bytes = try DurableFile.read("\(path)/\(folder)/\(journal)") else { return nil }
            guard let replacement = Replacement(journal: journal, bytes) else { continue }
            replaced.formUnion(replacement.old)
            replaced.insert(replacement.name)
            wanted.append((replacement.name, Replacement.hidden(replacement.name)))
        }
        for name in names where name.hasSuffix(SegmentFile.suffix) && !name.hasPrefix(".") && !replaced.contains(name) {
            wanted.append((name, nil))
        }
        var segments: [OpenSegment] = []
        var unreadable: [UnreadableFile] = []
        for (name, alternative) in wanted {
            let place = folder.isEmpty ? name : "\(folder)/\(name)"
            var opened: OpenSegment?
            for candidate in [name] + (alternative.map { [$0] } ?? []) where opened == nil {
                let path = "\(path)/\(folder)/\(candidate)"
                guard DurableFile.exists(path) else { continue }
                do {
                    opened = try Self.segment(place, path)
                } catch {
                    if !DurableFile.exists(path) { return nil }
                    unreadable.append(error)
                }
            }
            if let opened {
                segments.append(opened)
            } else if !unreadable.contains(where: { $0.file == place }) {
                return nil
            }
        }
        return (segments, unreadable)
    }

    private static func segment(_ place: String, _ path: String) throws(UnreadableFile) -> OpenSegment {
        do throws(ParquetError) {
            let file = try ParquetFile(path: path)
            guard let note = SegmentNote(file.metadata) else {
                throw ParquetError(.unsupported, "it is no segment of an archive: its metadata does not say so")
            }
            return OpenSegment(place, file, note)
        } catch {
            throw UnreadableFile(file: place, error: (error.place + [error.reason]).joined(separator: ": "))
        }
    }
}
