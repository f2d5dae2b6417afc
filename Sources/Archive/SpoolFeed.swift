/// Brings the records of one host's spool into an archive, each once, also across a crash at any instant.
///
/// Before segments of a batch are closed its numbers are noted as in doubt, and afterwards as done. What is in doubt when a
/// pass begins is compared with what is there.
package struct SpoolFeed {
    /// Records that are held before they are closed.
    private static let rowsOfBatch = 1 << 18

    private let folder: ArchiveFolder
    private let source: SpoolSource
    private var progress: HostProgress

    package init(_ folder: ArchiveFolder, _ source: SpoolSource) throws {
        (self.folder, self.source) = (folder, source)
        progress = try HostProgress.read(folder, host: source.host)
    }

    /// Closes everything that the spool has committed; who has the writer puts small segments together afterwards.
    ///
    /// - Returns: How many records are new in the archive.
    /// - Throws: Where spool or archive cannot be read or written; what was closed stays.
    package mutating func pass(_ writer: inout ArchiveWriter) throws -> Int {
        var count = 0
        while true {
            var slice = try source.slice(from: progress.next, rows: Self.rowsOfBatch)
            if !slice.statements.isEmpty {
                let known = Set(try StatementLog(folder).read().statements.map(\.id))
                slice.statements.removeAll { known.contains($0.id) }
            }
            guard slice.last >= progress.next || !slice.statements.isEmpty else { break }
            count += try close(slice, &writer)
            if !slice.isFull { break }
        }
        return count
    }

    private mutating func close(_ slice: SpoolSlice, _ writer: inout ArchiveWriter) throws -> Int {
        let numbers = progress.next..<max(progress.next, slice.last + 1)
        let doubt = progress.inDoubt
        // What was in doubt before stays so until it is told apart.
        progress.inDoubt =
            min(doubt?.lowerBound ?? .max, numbers.lowerBound)..<max(doubt?.upperBound ?? 0, numbers.upperBound)
        try progress.write(folder, host: source.host)
        try StatementLog(folder).append(slice.statements)
        let count = try writer.close(slice.flows, host: source.host, sequences: slice.sequences, inDoubt: doubt)
        progress.next = numbers.upperBound
        progress.inDoubt = nil
        progress.closed = max(progress.closed, slice.closed)
        try progress.write(folder, host: source.host)
        return count
    }
}
