package import Model
package import Netlink

/// Sessions whose addresses are translated, by the key that rules were asked about.
///
/// They are wanted for as long as the report of a session's first packet may be under way. There is room for so many; the
/// oldest half goes for the next.
package struct TranslatedSessions {
    private let half: Int
    private var young: [FlowKey: Translation] = [:]
    private var old: [FlowKey: Translation] = [:]

    package init(capacity: Int = 1 << 16) { half = max(capacity / 2, 1) }

    package var count: Int { young.count + old.count }

    package mutating func note(_ entry: ConnectionEntry) {
        guard let translation = entry.translation else { return }
        if young.count >= half {
            old = young
            young.removeAll(keepingCapacity: true)
        }
        young[translation.judged] = translation
    }

    package subscript(_ judged: FlowKey) -> Translation? {
        young.isEmpty && old.isEmpty ? nil : young[judged] ?? old[judged]
    }
}
