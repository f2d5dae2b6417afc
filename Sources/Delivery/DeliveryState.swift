import FoundationEssentials
import Host
package import Model

/// What a host remembers of its delivery: how far it has come, and the next key of each interface.
///
/// It is written after the objects of a window are on disk, so that a crash in between leads to the same keys again.
package struct DeliveryState: Hashable, Sendable, Codable {
    /// An unbroken run of one interface's objects under one owner.
    package struct Stream: Hashable, Sendable, Codable {
        /// Stands for the collector, its bucket and the interface's place; when it changes, a new stream begins.
        package var owner: String
        /// End of the stream's first window: its `stream-id`.
        package var start: Timestamp
        /// The hour folder of the last object, in hours since 1970.
        package var hour: Int64
        /// The counter that the next object in that folder gets.
        package var next: Int
    }

    /// A window whose objects are perhaps in part on disk.
    package struct Attempt: Hashable, Sendable, Codable {
        package var start: Timestamp
        package var end: Timestamp
        package var revision: Int
    }

    /// Version of this file's format.
    package private(set) var format = 1
    /// End of the last window that is wholly delivered.
    package var deliveredUntil: Timestamp?
    /// Highest record number in the windows delivered so far: what the spool may forget.
    package var deliveredSequence: UInt64 = 0
    package var attempt: Attempt?
    /// By interface id.
    package var streams: [String: Stream] = [:]

    package init() {}

    /// Reads the state file; a host without one begins anew.
    package init(readingFrom path: String) throws(DeliveryError) {
        let content: [UInt8]?
        do { content = try DurableFile.read(path) } catch { throw .state(error) }
        guard let content else {
            self.init()
            return
        }
        do {
            self = try JSONDecoder().decode(DeliveryState.self, from: Data(content))
        } catch {
            throw .badState(path: path, reason: "\(error)")
        }
        guard format == 1 else { throw .badState(path: path, reason: "format \(format) is not known here") }
    }

    /// Replaces the state file in one step, and returns when it is on disk.
    package func write(to path: String) throws(DeliveryError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let content: [UInt8]
        do {
            content = Array(try encoder.encode(self))
        } catch {
            throw .badState(path: path, reason: "\(error)")
        }
        do {
            if let slash = path.lastIndex(of: "/") { try DurableFile.makeFolder(String(path[..<slash])) }
            try DurableFile.replace(path, with: content)
        } catch {
            throw .state(error)
        }
    }
}
