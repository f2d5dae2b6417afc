import Dispatch
import Host
package import Model
package import Records

/// The events of all hosts, as they have sent them.
package struct HostEvents: Sendable {
    /// Where each host's files are, a folder each.
    private let hosts: String
    /// Reading waits for the disk, and so not on a thread of the server's.
    private let disk = DispatchQueue(label: "gatehouse.hits", attributes: .concurrent)

    package init(hosts: String) { self.hosts = hosts }

    /// The events from an instant up to another that a test admits, the newest first.
    ///
    /// Of each host the newest `Limit.bytesOfHitSearch` bytes are read.
    ///
    /// - Throws: Where a file cannot be read.
    package func newest(
        from first: Timestamp, until end: Timestamp, _ isWanted: @escaping @Sendable (EventEntry) -> Bool
    ) async throws -> [EventEntry] {
        let found = await withCheckedContinuation { continuation in
            disk.async { continuation.resume(returning: Result { try read(first, end, isWanted) }) }
        }
        return try found.get().sorted { ($0.time, $0.host, $0.sequence) > ($1.time, $1.host, $1.sequence) }
    }

    private func read(
        _ first: Timestamp, _ end: Timestamp, _ isWanted: (EventEntry) -> Bool
    ) throws -> [EventEntry] {
        guard DurableFile.exists(hosts) else { return [] }
        var found: [EventEntry] = []
        for host in try DurableFile.list(hosts) where !host.hasPrefix(".") {
            let path = "\(hosts)/\(host)/\(EventJSON.fileName)"
            guard DurableFile.exists(path) else { continue }
            let size = try DurableFile.size(path)
            var bytes = 1 << 20
            // More of the file, until its part begins before what is wanted.
            while true {
                let entries = try Self.entries(of: path, lastBytes: bytes, isWhole: bytes >= size)
                let isEnough =
                    bytes >= min(size, Limit.bytesOfHitSearch.bound) || entries.first.map { $0.time < first } ?? false
                guard isEnough else {
                    bytes = min(bytes * 8, Limit.bytesOfHitSearch.bound)
                    continue
                }
                found += entries.filter { $0.time >= first && $0.time < end && isWanted($0) }
                break
            }
        }
        return found
    }

    /// What cannot be read as an event, the first line of a part and the last of one that grows, is passed over.
    private static func entries(of path: String, lastBytes: Int, isWhole: Bool) throws -> [EventEntry] {
        let bytes = try DurableFile.read(path, lastBytes: lastBytes) ?? []
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        return (isWhole ? lines[...] : lines.dropFirst()).compactMap { line in
            guard case .event(let entry)? = try? EventLogLine(reading: line) else { return nil }
            return entry
        }
    }
}
