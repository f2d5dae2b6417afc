package import Host
package import Model

/// The revisions of a host, one file each, kept for ever.
package struct RevisionStore: Sendable {
    private let folder: DataFolder

    package init(_ folder: DataFolder) { self.folder = folder }

    /// Numbers of the revisions that are there, rising.
    package func numbers() throws(SystemError) -> [Int] {
        try DurableFile.list(folder.revisions).compactMap { $0.hasSuffix(".json") ? Int($0.dropLast(5)) : nil }.sorted()
    }

    /// The revision, or nil when there is none of this number.
    package func load(_ number: Int) throws -> Revision? {
        guard let bytes = try DurableFile.read(folder.revision(number)) else { return nil }
        return try ControlCodec.decode(bytes)
    }

    package func latest() throws -> Revision? { try numbers().last.flatMap(load) }

    /// Puts a revision on disk; when this returns it is there for good.
    package func save(_ revision: Revision) throws {
        try DurableFile.makeFolder(folder.revisions)
        try DurableFile.replace(folder.revision(revision.number), with: try ControlCodec.encode(revision))
    }

    /// What all ids of all revisions stand for.
    ///
    /// * `unreadable`: is told each file that cannot be read; its ids stay without names, and that is all.
    package func catalogue(_ unreadable: (_ path: String, any Error) -> Void) throws(SystemError) -> Catalogue {
        var catalogue = Catalogue()
        for number in try numbers() {
            do {
                if let revision = try load(number) { catalogue.learn(revision) }
            } catch {
                unreadable(folder.revision(number), error)
            }
        }
        return catalogue
    }
}
