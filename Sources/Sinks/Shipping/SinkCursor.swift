import Foundation
import Host
import Model

/// How far a sink's receiver has what the host recorded, and what became of it. Replaced as a whole, after the receiver has it.
struct SinkCursor: Hashable, Codable {
    /// How many spans of loss are kept in words.
    static let toldLosses = 20

    private(set) var format = 1
    var events: LogPlace?
    /// Number of the first record that the receiver may not have.
    var flows: UInt64?
    var findings: UInt64?
    /// Number of the last revision that it has.
    var audit: Int?
    /// Bytes of the dead letters that were sent again.
    var letters = 0
    var isPaused = false
    var taken: UInt64 = 0
    /// Records that the receiver refused for good: they are dead letters.
    var refused: UInt64 = 0
    /// Records that went to make room before the receiver had them, as far as their number is known.
    var lost: UInt64 = 0
    /// The last losses in words.
    var losses: [String] = []

    mutating func move(to place: SinkPlace) {
        switch place {
        case .events(let place): events = place
        case .flows(let next): flows = next
        case .findings(let next): findings = next
        case .audit(let number): audit = number
        case .letters(let offset): letters = offset
        }
    }

    mutating func noteLoss(_ words: String, count: UInt64) {
        lost += count
        losses.append(words)
        if losses.count > Self.toldLosses { losses.removeFirst() }
    }

    /// - Throws: where the file cannot be read, or holds something else.
    static func read(_ path: String) throws -> SinkCursor? {
        guard let bytes = try DurableFile.read(path) else { return nil }
        guard let cursor = try? JSONDecoder().decode(SinkCursor.self, from: Data(bytes)) else {
            throw Damaged(path: path)
        }
        return cursor
    }

    struct Damaged: Error, CustomStringConvertible {
        let path: String
        var description: String {
            "\(path) is damaged, and nothing is shipped: move it away, and the sink begins with what is recorded from then on"
        }
    }

    /// With places of another where it has none.
    func filled(from other: SinkCursor) -> SinkCursor {
        var filled = self
        filled.events = events ?? other.events
        filled.flows = flows ?? other.flows
        filled.findings = findings ?? other.findings
        filled.audit = audit ?? other.audit
        return filled
    }

    func write(_ path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        try DurableFile.replace(path, with: Array(try encoder.encode(self)))
    }
}

/// The files of a sink in the data folder.
struct SinkFiles: Sendable {
    let folder: String
    let name: String

    var cursor: String { "\(folder)/\(name).json" }
    /// What the receiver refused for good.
    var refused: String { "\(folder)/\(name).refused.jsonl" }
    /// What is being sent again.
    var replay: String { "\(folder)/\(name).replay.jsonl" }
}
