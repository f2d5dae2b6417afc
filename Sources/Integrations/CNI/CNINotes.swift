import Foundation
import Host
import Link

/// What the plugin made interfaces', a file each in the agent's data folder: what a DEL finds without an agent is taken up later.
struct CNINotes {
    struct Note: Codable, Hashable {
        /// The network's name in its configuration.
        let network: String
        let container: String
        let interface: String
        /// On this host.
        let device: String
        let number: UInt32
        /// DEL came, and no agent took it.
        var isLeaving = false
    }

    private let folder: String

    init(_ data: DataFolder) { folder = data.path + "/cni" }

    private func path(_ container: String, _ interface: String) -> String { "\(folder)/\(container)@\(interface).json" }

    func write(_ note: Note) throws {
        try DurableFile.makeFolder(folder)
        try DurableFile.replace(path(note.container, note.interface), with: Array(try JSONEncoder().encode(note)))
    }

    func read(_ container: String, _ interface: String) throws -> Note? {
        guard let bytes = try DurableFile.read(path(container, interface), from: 0, limit: 1 << 16) else { return nil }
        return try JSONDecoder().decode(Note.self, from: Data(bytes))
    }

    func remove(_ container: String, _ interface: String) throws {
        guard DurableFile.exists(folder) else { return }
        try DurableFile.remove(path(container, interface))
    }

    /// All of them; one that cannot be read is passed over.
    func all() throws -> [Note] {
        guard DurableFile.exists(folder) else { return [] }
        return try DurableFile.list(folder).filter { $0.hasSuffix(".json") }.compactMap { name in
            guard let bytes = try DurableFile.read("\(folder)/\(name)", from: 0, limit: 1 << 16) else { return nil }
            return try? JSONDecoder().decode(Note.self, from: Data(bytes))
        }
    }
}
