package import Model
import Netlink

/// Which enterprise rules noted which sessions, until their records are written.
///
/// Rules tell it by NFLOG as a session begins; the entry that its records are made of does not say it. What is noted of sessions
/// that are refused, or that end unseen, is forgotten after three minutes. It is in memory: of a session that lives on over a restart
/// of the agent the event log alone says what observed it.
package struct ObservedSessions {
    private struct Key: Hashable {
        let source: IPAddress
        let target: IPAddress
        let transport: UInt8
        let ports: UInt32

        init(_ key: FlowKey) {
            source = key.initiator
            target = key.target
            transport = key.transport.rawValue
            ports = UInt32(key.initiatorPort ?? 0) << 16 | UInt32(key.targetPort ?? 0)
        }
    }

    private struct Note {
        var rules: [Direction: [Identifier<Rule>]]
        var seen: UInt32
        var isLive = false
    }

    private static let capacity = 1 << 17
    private static let lifeSeconds: UInt32 = 180
    private var notes: [Key: Note] = [:]
    /// Observations that there was no room for: records do not name them.
    package private(set) var unnamed: UInt64 = 0

    package init() {}

    /// Notes that a rule observed a session at an end.
    package mutating func note(
        _ key: FlowKey, _ direction: Direction, _ rule: Identifier<Rule>, second: UInt32
    ) {
        let place = Key(key)
        var note = notes[place] ?? Note(rules: [:], seen: second)
        guard notes.count < Self.capacity || notes[place] != nil else {
            unnamed += 1
            return
        }
        note.seen = second
        var rules = note.rules[direction] ?? []
        guard !rules.contains(rule) else { return }
        guard rules.count < FlowRecord.maximumObserved else {
            unnamed += 1
            return
        }
        rules.append(rule)
        note.rules[direction] = rules
        notes[place] = note
    }

    /// The rules that observed a session at an end, in the order in which they were asked.
    func rules(_ key: FlowKey, _ direction: Direction) -> [Identifier<Rule>] {
        notes.isEmpty ? [] : notes[Key(key)]?.rules[direction] ?? []
    }

    /// Keeps what is noted of a session while it lives, and forgets it with its end.
    mutating func keep(_ key: FlowKey, isFinal: Bool) {
        guard !notes.isEmpty else { return }
        if isFinal { notes[Key(key)] = nil } else { notes[Key(key)]?.isLive = true }
    }

    /// Forgets what no session came of.
    mutating func forget(before second: UInt32) {
        guard !notes.isEmpty else { return }
        notes = notes.filter { $0.value.isLive || second &- $0.value.seen <= Self.lifeSeconds }
    }
}
