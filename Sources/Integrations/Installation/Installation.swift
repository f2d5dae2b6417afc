import Foundation
import Host
package import Link

/// Files that an integration puts on a host, and how they are taken back: exactly what was there is restored.
///
/// What it wrote, and what stood there before, it keeps in `DATA/integrations/NAME.json`, written before any file of the host is
/// touched. A file that somebody has changed since is neither overwritten nor taken away.
package struct Installation {
    /// A file as it is to be.
    package struct File: Equatable, Sendable {
        /// From `/` on.
        package let path: String
        package let content: Content
        package var mode: UInt32 = 0o644

        package enum Content: Equatable, Sendable, Codable {
            case text(String)
            case link(to: String)
        }

        package init(_ path: String, _ text: String, mode: UInt32 = 0o644) {
            (self.path, content, self.mode) = (path, .text(text), mode)
        }

        package init(_ path: String, linkTo target: String) {
            (self.path, content) = (path, .link(to: target))
        }
    }

    package enum Fault: Error, Equatable, CustomStringConvertible {
        case changed([String])
        case inTheWay(String)
        case unreadable(String)

        package var description: String {
            switch self {
            case .changed(let paths):
                "\(paths.joined(separator: ", ")): changed since `gatehouse integrate` wrote it: nothing was changed; put it back as it "
                    + "was, or move it away"
            case .inTheWay(let path): "\(path): neither a file nor a link: nothing was changed; move it away"
            case .unreadable(let path): "\(path): cannot be read as what was installed; nothing was changed"
            }
        }
    }

    private struct Entry: Codable, Equatable {
        let path: String
        let written: File.Content
        let mode: UInt32
        /// What stood there before; nil for nothing.
        let former: Former?
    }

    private struct Former: Codable, Equatable {
        /// A file's bytes, in Base64; nil of a link.
        let bytes: Data?
        let link: String?
        let mode: UInt32
    }

    private let note: String
    private let root: String

    /// * `name`: of the integration.
    /// * `root`: the folder that stands for `/`; empty for the host itself.
    package init(_ name: String, _ folder: DataFolder, root: String) {
        note = "\(folder.path)/integrations/\(name).json"
        self.root = root
    }

    /// Writes the files.
    ///
    /// - Returns: the paths that were written; none where all stood there already.
    /// - Throws: where a file of an earlier installation was changed since; nothing is changed then.
    package func install(_ files: [File]) throws -> [String] {
        let former = try entries()
        try checkUnchanged(former)
        let isSame = former.map { ($0.path, $0.written, $0.mode) }.elementsEqual(
            files.map { ($0.path, $0.content, $0.mode) }
        ) {
            $0 == $1
        }
        guard !isSame else { return [] }
        // What an earlier version wrote elsewhere goes first; what it replaced is the former state still.
        let kept = Dictionary(former.map { ($0.path, $0.former) }) { first, _ in first }
        let next = try files.map { file in
            Entry(
                path: file.path, written: file.content, mode: file.mode,
                former: try kept[file.path] ?? present(file.path))
        }
        try write(former.filter { entry in !files.contains { $0.path == entry.path } } + next)
        for entry in former where !files.contains(where: { $0.path == entry.path }) { try restore(entry) }
        for entry in next { try put(entry.written, mode: entry.mode, at: entry.path) }
        try write(next)
        return files.map(\.path)
    }

    /// Puts back what was there.
    ///
    /// - Returns: the paths that were put back; none where nothing was installed.
    package func remove() throws -> [String] {
        let former = try entries()
        try checkUnchanged(former)
        for entry in former { try restore(entry) }
        try DurableFile.remove(note)
        return former.map(\.path)
    }

    /// What stood at a path before the first installation, or stands there now where none wrote it.
    package func original(_ path: String) throws -> [UInt8]? {
        if let entry = try entries().first(where: { $0.path == path }) { return entry.former?.bytes.map(Array.init) }
        return try DurableFile.read(root + path)
    }

    private func entries() throws -> [Entry] {
        guard let bytes = try DurableFile.read(note) else { return [] }
        do { return try JSONDecoder().decode([Entry].self, from: Data(bytes)) } catch { throw Fault.unreadable(note) }
    }

    private func write(_ entries: [Entry]) throws {
        try DurableFile.makeFolder(
            note.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        try DurableFile.replace(note, with: Array(try encoder.encode(entries)), mode: 0o600)
    }

    /// What an interrupted run left as it was, or wrote already, is unchanged.
    private func checkUnchanged(_ entries: [Entry]) throws {
        let changed = try entries.filter { entry in
            let now = try present(entry.path)
            return now != entry.former && !isWritten(entry, now)
        }
        guard changed.isEmpty else { throw Fault.changed(changed.map { root + $0.path }) }
    }

    private func isWritten(_ entry: Entry, _ now: Former?) -> Bool {
        switch entry.written {
        case .text(let text): now?.bytes == Data(text.utf8)
        case .link(let target): now?.link == target
        }
    }

    private func present(_ path: String) throws -> Former? {
        let files = FileManager.default
        guard let attributes = try? files.attributesOfItem(atPath: root + path) else { return nil }
        let mode = (attributes[.posixPermissions] as? NSNumber)?.uint32Value ?? 0o644
        switch attributes[.type] as? FileAttributeType {
        case .typeSymbolicLink:
            return Former(bytes: nil, link: try files.destinationOfSymbolicLink(atPath: root + path), mode: mode)
        case .typeRegular:
            return Former(bytes: Data(try DurableFile.read(root + path) ?? []), link: nil, mode: mode)
        default: throw Fault.inTheWay(root + path)
        }
    }

    private func put(_ content: File.Content, mode: UInt32, at path: String) throws {
        let whole = root + path
        try DurableFile.makeFolder(
            whole.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/"), mode: 0o755
        )
        switch content {
        case .text(let text):
            try DurableFile.replace(whole, with: Array(text.utf8), mode: mode)
            // Whatever mask this process has.
            try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: whole)
        case .link(let target):
            // In one step, so that there is always a file or a link.
            let temporary = whole + ".new"
            try? FileManager.default.removeItem(atPath: temporary)
            try FileManager.default.createSymbolicLink(atPath: temporary, withDestinationPath: target)
            try DurableFile.rename(temporary, to: whole)
        }
    }

    private func restore(_ entry: Entry) throws {
        guard let former = entry.former else {
            if try present(entry.path) != nil { try DurableFile.remove(root + entry.path) }
            return
        }
        if let link = former.link { return try put(.link(to: link), mode: former.mode, at: entry.path) }
        let whole = root + entry.path
        try DurableFile.replace(whole, with: Array(former.bytes ?? Data()), mode: former.mode)
        try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: former.mode)], ofItemAtPath: whole)
    }
}
