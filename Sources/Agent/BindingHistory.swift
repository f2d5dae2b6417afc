import Foundation
import Host
import Link
import Model

/// Which interfaces had their device on this host, and when.
///
/// Delivery asks for instants that are past: an interface that left still gets its last objects. A journal of one JSON line
/// a change, so that a change costs as much as it is large.
struct BindingHistory: Sendable {
    private struct Change: Codable {
        var at: Int64
        var bound: [Identifier<Interface>]
        var unbound: [Identifier<Interface>]
    }

    /// Longer ago than any bucket can wait for: 24 hours and the longest interval.
    private static let memory: Int64 = 26 * 3600 * 1_000_000_000
    private static let longest = 1000

    private let path: String
    /// What of the file could not be read.
    private(set) var problems: [String] = []
    /// Since when these interfaces are bound, by nanoseconds since 1970, rising.
    private(set) var states: [(since: Int64, interfaces: Set<Identifier<Interface>>)] = []

    init(_ folder: DataFolder) throws {
        path = folder.bindings
        var unreadable = 0
        for line in try (DurableFile.read(path) ?? []).split(separator: UInt8(ascii: "\n")) {
            guard let change = try? JSONDecoder().decode(Change.self, from: Data(line)) else {
                unreadable += 1
                continue
            }
            let last = states.last?.interfaces ?? []
            states.append((change.at, last.subtracting(change.unbound).union(change.bound)))
        }
        // The last may have been cut off by a crash, before anything was told of it.
        if unreadable > 0 {
            problems.append(
                "start: \(unreadable) lines of \(path) cannot be read: windows of their time that are not delivered yet may have another "
                    + "owner's records")
        }
    }

    /// Those that are bound now, as far as it was noted.
    var present: Set<Identifier<Interface>> { states.last?.interfaces ?? [] }

    /// Which of the states was there at an instant; before the first it was the first. Nil when nothing was noted.
    func index(at instant: Int64) -> Int? {
        states.isEmpty ? nil : states.lastIndex { $0.since <= instant } ?? 0
    }

    /// Notes what is bound from an instant on; on failure it is known to this process only.
    mutating func note(_ interfaces: Set<Identifier<Interface>>, at instant: Int64) throws {
        let former = present
        guard interfaces != former || states.isEmpty else { return }
        states.append((instant, interfaces))
        if states.count > Self.longest, let kept = states.firstIndex(where: { $0.since > instant - Self.memory }),
            kept > 1
        {
            states.removeFirst(kept - 1)
            try DurableFile.replace(path, with: try states.indices.flatMap(line))
        } else {
            if !DurableFile.exists(path) { try DurableFile.replace(path, with: []) }
            let file = try DurableFile.openForAppending(path)
            // A line that a crash cut off must not take this one with it.
            try file.writeAll([UInt8(ascii: "\n")] + (try line(states.count - 1)))
            try file.synchronize()
        }
    }

    private func line(_ index: Int) throws -> [UInt8] {
        let former = index > 0 ? states[index - 1].interfaces : []
        let change = Change(
            at: states[index].since, bound: Array(states[index].interfaces.subtracting(former)),
            unbound: Array(former.subtracting(states[index].interfaces)))
        return Array(try JSONEncoder().encode(change)) + [UInt8(ascii: "\n")]
    }
}
