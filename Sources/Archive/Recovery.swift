import Host

/// Completes what a crash left half done; who calls it has claimed the archive.
enum Recovery {
    static func run(_ folder: ArchiveFolder, _ place: String, depth: Int = 0) throws {
        let path = place.isEmpty ? folder.path : "\(folder.path)/\(place)"
        let names: [String]
        do throws(SystemError) {
            names = try DurableFile.list(path)
        } catch {
            if error.isNoFolder { return }
            throw error
        }
        for name in names where name.hasPrefix(Replacement.journalPrefix) && !name.hasSuffix(".new") {
            guard let replacement = Replacement(journal: name, try DurableFile.read("\(path)/\(name)") ?? []) else {
                throw ArchiveError("\(path)/\(name): the journal is damaged; which files count cannot be told")
            }
            try replacement.complete(in: path)
        }
        // What has no journal was never announced to anybody.
        for name in try DurableFile.list(path) where name.hasPrefix(".") && name.hasSuffix(".new") {
            try DurableFile.remove("\(path)/\(name)")
        }
        guard depth < 8 else { return }
        for name in names where !name.hasPrefix(".") && name.contains("=") {
            try run(folder, place.isEmpty ? name : "\(place)/\(name)", depth: depth + 1)
        }
    }
}
