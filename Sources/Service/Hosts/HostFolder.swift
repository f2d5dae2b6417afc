import Foundation
import HTTPTypes
import Host
import Model
import Registry

/// The hosts' records and events as they lie on the server: a copy of each host's growing files.
///
/// A host sends bytes with the offset that they belong at. Bytes that are here already are skipped, a gap is refused, and
/// what is answered is on disk: so a repeated request adds nothing, and nothing is acknowledged that could be lost.
package struct HostFolder: Sendable {
    /// What of a host is here.
    struct Usage: Hashable, Sendable {
        var files = 0
        var bytes = 0
    }

    let path: String
    private static let folders = ["spool", "events", "revisions"]

    func usage(_ host: String) throws -> Usage {
        try sizes(host).values.reduce(into: Usage()) { usage, size in
            usage.files += 1
            usage.bytes += size
        }
    }

    private func folder(_ host: String) -> String { "\(path)/\(host)" }

    /// The bytes that are here of each of a host's files.
    func sizes(_ host: String) throws -> [String: Int] {
        let folder = folder(host)
        var sizes: [String: Int] = [:]
        for directory in [""] + Self.folders.map({ $0 + "/" }) {
            let place = "\(folder)/\(directory)"
            guard DurableFile.exists(place) else { continue }
            for name in try DurableFile.list(place) {
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: place + name, isDirectory: &isFolder), !isFolder.boolValue
                else { continue }
                sizes[directory + name] = try DurableFile.size(place + name)
            }
        }
        return sizes
    }

    /// Adds bytes; tells the file's size afterwards. What the host may not send is refused and changes nothing.
    ///
    /// * `quota`: so many bytes the host's files may have together.
    /// * `usage`: what of the host is here; counted on.
    func write(
        _ bytes: [UInt8], to name: String, at offset: Int, of host: String, quota: Int, _ usage: inout Usage
    ) throws -> Int {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".")
                && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
        }
        let isFolder = parts.count == 1 && Self.folders.contains(name)
        guard isPlain, !isFolder, Limit.fileName.admits(name), parts.count <= 2,
            parts.count == 1 || Self.folders.contains(String(parts[0]))
        else {
            let shown = Limit.fileName.cut(name)
            throw RegistryError(.invalid(.body), "file \"\(shown)\": not a name that hosts send")
        }
        let file = "\(folder(host))/\(name)"
        let isNew = !DurableFile.exists(file)
        let present = isNew ? 0 : try DurableFile.size(file)
        guard offset <= present else {
            throw RegistryError(
                .invalid(.body),
                "file \(name): \(present) bytes are here, the request begins at \(offset); send from there")
        }
        let fresh = bytes.dropFirst(present - offset)
        guard !fresh.isEmpty else { return present }
        try checkRoom(fresh.count, file: name, present: present, isNew: isNew, usage, quota)
        try DurableFile.makeFolder(path)
        try DurableFile.makeFolder(folder(host))
        if parts.count == 2 { try DurableFile.makeFolder("\(folder(host))/\(parts[0])") }
        let descriptor = try DurableFile.openForAppending(file)
        try descriptor.writeAll(Array(fresh))
        try descriptor.synchronize()
        if present == 0 { try DurableFile.synchronizeFolder(of: file) }
        usage.files += isNew ? 1 : 0
        usage.bytes += fresh.count
        return present + fresh.count
    }

    private func checkRoom(
        _ count: Int, file name: String, present: Int, isNew: Bool, _ usage: Usage, _ quota: Int
    ) throws(Refusal) {
        let words: String
        if isNew, usage.files >= Limit.filesOfHost.bound {
            words = "file \(name): the host has \(usage.files) files here, as many as are kept of one"
        } else if present + count > Limit.bytesOfFile.bound {
            words = "file \(name): it would have more than \(Limit.bytesOfFile.text)"
        } else if usage.bytes + count > quota {
            words = "file \(name): \(usage.bytes) bytes of the host are here, and \(quota) are kept of one"
        } else {
            return
        }
        throw Refusal(
            .contentTooLarge,
            words + "; have the server's operator take old files away, or raise --host-quota")
    }
}
