import Host
import Link
import Model
import Synchronization

/// What a sink's task and the agent's loop tell each other; neither waits for the other.
final class SinkBoard: Sendable {
    private struct State {
        var names: SinkNames
        var isPaused: Bool
        var isStopping = false
        var isKicked = false
        var isReplayWanted = false
        /// A line to be sent to try the sink, and what became of it.
        var isTestWanted = false
        var testAnswer: String??
        var report: SinkReport
    }

    private let state: Mutex<State>

    init(_ report: SinkReport, names: SinkNames, isPaused: Bool) {
        state = Mutex(State(names: names, isPaused: isPaused, report: report))
    }

    var names: SinkNames {
        get { state.withLock { $0.names } }
        set { state.withLock { $0.names = newValue } }
    }
    var isPaused: Bool { state.withLock { $0.isPaused } }
    var isStopping: Bool { state.withLock { $0.isStopping } }
    var report: SinkReport { state.withLock { $0.report } }

    /// Whether the task should look up from what it waits for.
    var wantsAttention: Bool {
        state.withLock { $0.isStopping || $0.isPaused || $0.isKicked || $0.isTestWanted && $0.testAnswer == nil }
    }

    func pause() { state.withLock { $0.isPaused = true } }

    func resume() {
        state.withLock { state in
            state.isPaused = false
            state.isKicked = true
        }
    }

    func kick() { state.withLock { $0.isKicked = true } }
    func takeKick() { state.withLock { $0.isKicked = false } }
    func stop() { state.withLock { $0.isStopping = true } }

    func update(_ body: (inout SinkReport) -> Void) { state.withLock { body(&$0.report) } }

    func replay() {
        state.withLock { state in
            state.isReplayWanted = true
            state.isKicked = true
        }
    }

    func takeReplay() -> Bool {
        state.withLock { state in
            defer { state.isReplayWanted = false }
            return state.isReplayWanted
        }
    }

    // MARK: Trying

    /// Asks for a trial, or takes its answer: nil while there is none, then what stands against the sink, or nothing.
    func test() -> String?? {
        state.withLock { state in
            guard let answer = state.testAnswer else {
                state.isTestWanted = true
                return nil
            }
            state.isTestWanted = false
            state.testAnswer = nil
            return answer
        }
    }

    var isTestDue: Bool { state.withLock { $0.isTestWanted && $0.testAnswer == nil } }

    func answerTest(_ fault: String?) { state.withLock { $0.testAnswer = .some(fault) } }
}
