import Foundation
import Model
import Synchronization

/// Failed attempts of callers who are nobody yet, so that a thousand of them are two entries of the trail and not a thousand.
///
/// The first of an action, source and name has its entry at once. Those that follow within a span are counted, and told in one
/// entry when the span is over: how many, the first's instant and the last's. A source with many names shares an entry, and so do
/// many sources: whatever strangers do, a span leaves few entries and a bounded table. A kill loses the counts of one span.
final class RepeatedFailures: Sendable {
    typealias Entry = (note: AuditNote, actor: Actor)

    private struct Key: Hashable {
        let action: String
        let source: String
        let name: String
    }

    private struct Count {
        let note: AuditNote
        let actor: Actor
        /// Nanoseconds since 1970.
        let first: Int64
        var last: Int64
        /// Those after the first.
        var more = 0
    }

    private struct State {
        var counts: [Key: Count] = [:]
        /// How many names of each source have a count of their own.
        var names: [String: Int] = [:]
    }

    static let severalNames = "(several names)"
    static let severalSources = "(several sources)"
    private static let span = Int64(Limit.secondsOfTelling.bound) * 1_000_000_000

    private let state = Mutex(State())

    /// Counts an attempt.
    ///
    /// - Returns: what is to be written into the trail now.
    func note(_ note: AuditNote, by actor: Actor, at now: Int64) -> [Entry] {
        state.withLock { state in
            var entries = Self.take(&state, begunBefore: now - Self.span)
            let (key, actor) = Self.place(&state, note, actor)
            if state.counts[key] != nil {
                state.counts[key]?.more += 1
                state.counts[key]?.last = now
            } else {
                state.counts[key] = Count(note: note, actor: actor, first: now, last: now)
                entries.append((note, actor))
            }
            return entries
        }
    }

    /// Takes out what was counted in spans that began before an instant, as entries.
    func take(begunBefore instant: Int64) -> [Entry] {
        state.withLock { Self.take(&$0, begunBefore: instant) }
    }

    /// The same of spans that are over at an instant.
    func take(overAt now: Int64) -> [Entry] { take(begunBefore: now - Self.span) }

    /// By which key an attempt is counted, and as whose.
    private static func place(_ state: inout State, _ note: AuditNote, _ actor: Actor) -> (Key, Actor) {
        let own = Key(action: note.action, source: actor.source, name: Limit.textOfEntry.cut(actor.userName))
        guard state.counts[own] == nil else { return (own, actor) }
        let names = state.names[actor.source]
        if names ?? 0 < Limit.tellsOfSource.bound, names != nil || state.names.count < Limit.toldSources.bound {
            state.names[actor.source, default: 0] += 1
            return (own, actor)
        }
        var shared = actor
        shared.userName = severalNames
        if names == nil { shared.source = severalSources }
        return (Key(action: note.action, source: shared.source, name: severalNames), shared)
    }

    private static func take(_ state: inout State, begunBefore instant: Int64) -> [Entry] {
        let over = state.counts.filter { $0.value.first <= instant }
        guard !over.isEmpty else { return [] }
        for (key, _) in over {
            state.counts[key] = nil
            guard key.name != severalNames, let names = state.names[key.source] else { continue }
            state.names[key.source] = names > 1 ? names - 1 : nil
        }
        return over.values.filter { $0.more > 0 }.sorted { $0.first < $1.first }.map(told)
    }

    private static func told(_ count: Count) -> Entry {
        let (first, last) = (Timestamp(nanoseconds: count.first), Timestamp(nanoseconds: count.last))
        var note = count.note
        note.reason += " (\(count.more) more times)"
        note.after = #"{"count":\#(count.more),"first":"\#(first)","last":"\#(last)"}"#
        return (note, count.actor)
    }
}
