import Foundation
import Host
import Registry

/// The hosts' records and events as they lie on the server: a copy of each host's growing files.
///
/// A host sends bytes with the offset that they belong at. Bytes that are here already are skipped, a gap is refused, and
/// what is answered is on disk: so a repeated request adds nothing, and nothing is acknowledged that could be lost.
package struct HostFolder: Sendable {
    let path: String

    private func folder(_ host: String) -> String { "\(path)/\(host)" }

    /// The bytes that are here of each of a host's files.
    func sizes(_ host: String) throws -> [String: Int] {
        let folder = folder(host)
        var sizes: [String: Int] = [:]
        for directory in ["", "spool/", "events/", "revisions/"] {
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

    /// Adds bytes; tells the file's size afterwards.
    func write(_ bytes: [UInt8], to name: String, at offset: Int, of host: String) throws -> Int {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        let isPlain = parts.allSatisfy { part in
            !part.isEmpty && !part.hasPrefix(".")
                && part.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
        }
        guard isPlain, parts.count <= 2, parts.count == 1 || ["spool", "events", "revisions"].contains(parts[0]) else {
            throw RegistryError(.invalid(.body), "file \"\(name)\": not a name that hosts send")
        }
        let file = "\(folder(host))/\(name)"
        try DurableFile.makeFolder(path)
        try DurableFile.makeFolder(folder(host))
        if parts.count == 2 { try DurableFile.makeFolder("\(folder(host))/\(parts[0])") }
        let present = DurableFile.exists(file) ? try DurableFile.size(file) : 0
        guard offset <= present else {
            throw RegistryError(
                .invalid(.body),
                "file \(name): \(present) bytes are here, the request begins at \(offset); send from there")
        }
        let fresh = bytes.dropFirst(present - offset)
        guard !fresh.isEmpty else { return present }
        let descriptor = try DurableFile.openForAppending(file)
        try descriptor.writeAll(Array(fresh))
        try descriptor.synchronize()
        if present == 0 { try DurableFile.synchronizeFolder(of: file) }
        return present + fresh.count
    }
}
