import Synchronization

/// Slows down who guesses: after some failures a source must wait, for one name and for all names.
package final class LoginLimiter: Sendable {
    private struct Record {
        var failures: Int
        /// Nanoseconds since 1970.
        var since: Int64
    }

    private static let perName = 10
    private static let perSource = 60
    private static let span: Int64 = 60_000_000_000
    private let records = Mutex<[String: Record]>([:])

    /// Whether a try is allowed now.
    func admits(_ name: String, from source: String, at now: Int64) -> Bool {
        records.withLock { records in
            [("\(source) \(name)", Self.perName), (source, Self.perSource)].allSatisfy { key, limit in
                guard let record = records[key], now - record.since < Self.span else { return true }
                return record.failures < limit
            }
        }
    }

    func noteFailure(_ name: String, from source: String, at now: Int64) {
        records.withLock { records in
            if records.count > 10_000 { records = records.filter { now - $0.value.since < Self.span } }
            for key in ["\(source) \(name)", source] {
                var record = records[key] ?? Record(failures: 0, since: now)
                if now - record.since >= Self.span { record = Record(failures: 0, since: now) }
                record.failures += 1
                records[key] = record
            }
        }
    }

    func noteSuccess(_ name: String, from source: String) {
        records.withLock { $0["\(source) \(name)"] = nil }
    }
}
