import FoundationEssentials
import Host
package import Model

/// What a host remembers of its delivery: for each bucket how far it has come, and the next key of each interface.
///
/// It is written after the objects of a round are in their bucket, so that a crash in between leads to the same keys again.
package struct DeliveryState: Hashable, Sendable, Codable {
    /// An unbroken run of one interface's objects under one owner.
    package struct Stream: Hashable, Sendable, Codable {
        /// Stands for the collector, its bucket and the interface's place; when it changes, a new stream begins. Empty for a
        /// stream that must not go on.
        package var owner: String
        /// End of the stream's first span, or later where an earlier stream began in that second: its `stream-id`.
        package var start: Timestamp
        /// End of the last span that is wholly in the bucket, or was dropped.
        package var until: Timestamp
        /// By part.
        package var counters: [String: Counter]
    }

    /// Where the objects of one part of a stream go on.
    package struct Counter: Hashable, Sendable, Codable {
        /// The hour folder of the last object, in hours since 1970.
        package var hour: Int64
        /// The number that the next object in that folder gets.
        package var next: Int
    }

    /// A round whose objects are perhaps in part in the bucket, as what it was derived from.
    package struct Attempt: Hashable, Sendable, Codable {
        package var end: Timestamp
        package var closedUntil: Timestamp
        package var present: Timestamp
        package var flushed: Timestamp?
    }

    /// The last manifest of an interface in a bucket.
    package struct Link: Hashable, Sendable, Codable {
        /// Counts an interface's manifests from 1 on.
        package var number: Int
        /// The manifest's SHA-256, in hexadecimal digits.
        package var hash: String
        /// End of the first window of the chain.
        package var chain: Timestamp
    }

    /// How far one bucket has come.
    package struct Progress: Hashable, Sendable, Codable {
        /// Up to here no interface waits for anything; what a stream says of its own interface may be later.
        package var deliveredUntil: Timestamp?
        /// Highest record number in the windows up to there: what the spool may forget as far as this bucket goes.
        package var deliveredSequence: UInt64 = 0
        /// Ids of the collectors that name the bucket.
        package var collectors: Set<String> = []
        package var attempt: Attempt?
        /// End of the last attempt that was given up, with objects that may be there: streams that begin have later ids.
        package var abandoned: Timestamp?
        /// By interface id.
        package var streams: [String: Stream] = [:]
        /// Interfaces of which a span was dropped since their last object.
        package var gaps: Set<String> = []
        /// By interface id.
        package var manifests: [String: Link] = [:]
        /// The hour, counted since 1970, whose objects have no manifest yet.
        package var openHour: Int64?

        package init() {}
    }

    /// Version of this file's format.
    package private(set) var format = 3
    /// By the bucket's location.
    package var buckets: [String: Progress] = [:]
    /// Where a bucket begins that is not in `buckets` yet.
    package var newcomers = Progress()
    /// Of buckets that nobody names any more: what must go on where one is named again, for its objects lie there still.
    package var former: [String: Progress] = [:]

    package init() {}

    /// The progress of a bucket, also of one that is new.
    package subscript(bucket: String) -> Progress {
        get { buckets[bucket] ?? newcomers }
        set { buckets[bucket] = newValue }
    }

    /// What the spool may forget: every bucket has it.
    package var deliveredSequence: UInt64 {
        buckets.values.map(\.deliveredSequence).min() ?? newcomers.deliveredSequence
    }

    /// Reads the state file; a host without one begins anew.
    package init(readingFrom path: String) throws(DeliveryError) {
        let content: [UInt8]?
        do { content = try DurableFile.read(path) } catch { throw .state(error) }
        guard let content else {
            self.init()
            return
        }
        do {
            let format = try JSONDecoder().decode(Format.self, from: Data(content)).format
            switch format {
            case 1: self.init(try JSONDecoder().decode(FirstDeliveryState.self, from: Data(content)))
            case 2: self.init(try JSONDecoder().decode(SecondDeliveryState.self, from: Data(content)))
            case 3: self = try JSONDecoder().decode(DeliveryState.self, from: Data(content))
            default: throw DeliveryError.badState(path: path, reason: "format \(format) is not known here")
            }
        } catch let error as DeliveryError {
            throw error
        } catch {
            throw .badState(path: path, reason: "\(error)")
        }
    }

    private struct Format: Codable {
        let format: Int
    }

    /// Replaces the state file in one step, and returns when it is on disk.
    package func write(to path: String) throws(DeliveryError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
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
