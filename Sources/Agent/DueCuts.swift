import Host
import Link

/// When sessions that the present policy no longer admits are to be cut.
///
/// What is due outlives the agent: a change is in the kernel before its sessions are cut, and an agent that is killed between
/// the two must not leave them open.
struct DueCuts {
    private struct Due {
        /// For this process, whatever becomes of the clock.
        let monotonic: Int64
        /// For one after it: nanoseconds since 1970.
        let realtime: Int64
    }

    private var dues: [Due] = []
    /// Ten years: whoever says more means never.
    private static let longestSeconds = 3.2e8

    /// Those that a process before left.
    init(_ kept: [Int64]) {
        let (monotonic, realtime) = (SystemClock.monotonic, SystemClock.realtime)
        dues = kept.map { due in
            Due(monotonic: monotonic + (due > realtime ? due - realtime : 0), realtime: due)
        }
    }

    /// What a successor must know.
    var kept: [Int64] { dues.map(\.realtime) }

    mutating func add(after nanoseconds: Int64) {
        dues.append(
            Due(monotonic: SystemClock.monotonic + nanoseconds, realtime: SystemClock.realtime + nanoseconds))
    }

    var isDue: Bool { dues.contains { $0.monotonic <= SystemClock.monotonic } }

    /// To be called when they are made, not before: one that fails is due still.
    mutating func removeDue() {
        let now = SystemClock.monotonic
        dues.removeAll { $0.monotonic <= now }
    }
}

extension DueCuts {
    /// What becomes of sessions at a change.
    mutating func add(_ fate: SessionFate) {
        switch fate {
        case .cut: add(after: 0)
        case .drain: break
        case .cutAfter(let seconds): add(after: Int64((seconds > 0 ? min(seconds, Self.longestSeconds) : 0) * 1e9))
        }
    }
}
