import Link

/// What watchers of engines said last, for status; bounded whatever they say.
struct WatcherNotes {
    private static let watchers = 16
    private static let problems = 20
    private static let characters = 500
    /// A watcher that has been silent for so long is gone: they report every 20 seconds.
    private static let patienceNanoseconds: Int64 = 120_000_000_000

    private var notes: [String: (problems: [String], count: Int, at: Int64)] = [:]

    /// * `now`: of the monotonic clock.
    mutating func take(_ report: WatcherReport, now: Int64) {
        let name = Self.plain(report.watcher, 40)
        guard let problems = report.problems else {
            notes[name] = nil
            return
        }
        if notes[name] == nil, notes.count >= Self.watchers {
            // The one that has been silent longest makes room.
            if let oldest = notes.min(by: { $0.value.at < $1.value.at }) { notes[oldest.key] = nil }
        }
        notes[name] = (
            problems.prefix(Self.problems).map { Self.plain($0, Self.characters) }, problems.count, now
        )
    }

    /// A line for each thing that is not well, by watcher.
    func lines(now: Int64) -> [String] {
        notes.sorted { $0.key < $1.key }.flatMap { name, note -> [String] in
            if now - note.at > Self.patienceNanoseconds {
                let seconds = (now - note.at) / 1_000_000_000
                return [
                    "\(name): NOT ENFORCED: its watcher has been silent for \(seconds) seconds, and what starts now is not attached; "
                        + "start `gatehouse watch \(name)`"
                ]
            }
            let rest = note.count - note.problems.count
            return note.problems.map { "\(name): \($0)" } + (rest > 0 ? ["\(name): and \(rest) more like these"] : [])
        }
    }

    private static func plain(_ text: String, _ length: Int) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(length).map { $0.value < 0x20 ? " " : $0 }))
    }
}
