import Dispatch
import Filter
import Host
package import Link
package import Model
import Synchronization

/// The sinks of the policy in force, each with a task of its own beside the recorder.
package final class SinkService: Sendable {
    private struct Running {
        let sink: Sink
        let board: SinkBoard
        let task: Task<Void, Never>
    }

    private struct State {
        var running: [String: Running] = [:]
        /// The last task of each name, which may still be ending: two never write one cursor.
        var ending: [String: Task<Void, Never>] = [:]
        /// In the policy's order.
        var names: [String] = []
        /// Sinks that could not be started, with the reason.
        var faults: [String: String] = [:]
        /// How many dead letters each file had when it was counted, and what it was then: it may have 64 MB, and is asked about often.
        var letters: [String: (size: Int, modifiedAt: Int64?, count: Int)] = [:]

        mutating func deadLetters(_ files: SinkFiles) -> Int {
            let size = (try? DurableFile.size(files.refused)) ?? 0
            guard size > 0 else { return 0 }
            let modifiedAt = (try? DurableFile.modifiedAt(files.refused)) ?? nil
            if let known = letters[files.refused], known.size == size, known.modifiedAt == modifiedAt {
                return known.count
            }
            let count = DeadLetters(files).count
            letters[files.refused] = (size, modifiedAt, count)
            return count
        }
    }

    private let data: DataFolder
    private let tell: @Sendable (String) -> Void
    private let state = Mutex(State())

    package init(_ data: DataFolder, tell: @escaping @Sendable (String) -> Void) {
        self.data = data
        self.tell = tell
    }

    /// Goes on with these sinks. What is new begins with what is recorded from now on, with the revision `since` that brought it;
    /// what is gone loses its place, and keeps its dead letters.
    package func adopt(_ sinks: [Sink], names: SinkNames, since revision: Int) {
        state.withLock { state in
            state.faults = [:]
            state.names = sinks.map(\.name)
            for (name, running) in state.running where !sinks.contains(running.sink) {
                running.board.stop()
                state.running[name] = nil
                state.ending[name] = running.task
                if !sinks.contains(where: { $0.name == name }) {
                    forget(name, after: running.task)
                }
            }
            for sink in sinks {
                if let running = state.running[sink.name] {
                    running.board.names = names
                    running.board.kick()
                    continue
                }
                do {
                    state.running[sink.name] = try start(
                        sink, names, since: revision, after: state.ending.removeValue(forKey: sink.name))
                } catch {
                    state.faults[sink.name] = "\(error)"
                    tell("sink \(sink.name): \(error)")
                }
            }
        }
    }

    /// * `former`: a task of the same name that is ending, and moves the cursor until then.
    private func start(
        _ sink: Sink, _ names: SinkNames, since revision: Int, after former: Task<Void, Never>?
    ) throws -> Running {
        try DurableFile.makeFolder(data.sinks)
        let files = SinkFiles(folder: data.sinks, name: sink.name)
        var cursor = try SinkCursor.read(files.cursor) ?? SinkCursor()
        let known = cursor
        for source in sink.sources {
            switch source {
            case .events: cursor.events = try cursor.events ?? EventSource.end(of: data.eventsJSON)
            case .flows: cursor.flows = try cursor.flows ?? SpoolSource.end(of: data.spool)
            case .findings: cursor.findings = try cursor.findings ?? SpoolSource.end(of: data.spool)
            case .audit: cursor.audit = cursor.audit ?? max(revision - 1, 0)
            }
        }
        // From here on a crash loses nothing of what is recorded.
        if former == nil, cursor != known { try cursor.write(files.cursor) }
        var report = SinkReport(sink)
        report.deadLetters = DeadLetters(files).count
        (report.taken, report.refused, report.lost, report.losses) =
            (cursor.taken, cursor.refused, cursor.lost, cursor.losses)
        report.state = cursor.isPaused ? .paused : .shipping
        let board = SinkBoard(report, names: names, isPaused: cursor.isPaused)
        _ = try sink.filter.map { try SinkFilter($0) }
        let (data, tell, start) = (data, tell, cursor)
        let task = Task.detached {
            await former?.value
            do {
                // The former task may have moved it; a source that is new begins where it did when the sink changed.
                let cursor = former == nil ? start : try SinkCursor.read(files.cursor)?.filled(from: start) ?? start
                try await SinkRunner(sink, data, files, cursor: cursor, board: board, tell: tell).run()
            } catch {
                board.update { ($0.state, $0.problem) = (.held, "\(error)") }
                tell("sink \(sink.name): \(error)")
            }
        }
        return Running(sink: sink, board: board, task: task)
    }

    private func forget(_ name: String, after task: Task<Void, Never>) {
        let path = SinkFiles(folder: data.sinks, name: name).cursor
        let tell = tell
        Task.detached { [self] in
            await task.value
            do {
                // Somebody may have put it back meanwhile.
                try state.withLock { if $0.running[name] == nil { try DurableFile.remove(path) } }
            } catch {
                tell("sink \(name): \(error)")
            }
        }
    }

    // MARK: Asking

    /// How each sink does, in the policy's order.
    package var reports: [SinkReport] {
        state.withLock { state in
            state.names.compactMap { name in
                guard let running = state.running[name] else { return nil }
                var report = running.board.report
                report.deadLetters = state.deadLetters(SinkFiles(folder: data.sinks, name: name))
                return report
            }
        }
    }

    /// What keeps records from receivers, and what was lost, a line each.
    package var problems: [String] {
        state.withLock { state in
            state.names.flatMap { name -> [String] in
                if let fault = state.faults[name] { return ["sink \(name): \(fault)"] }
                guard let report = state.running[name]?.board.report else { return [] }
                var lines: [String] = []
                if report.state == .held || report.state == .waiting, let problem = report.problem {
                    lines.append("sink \(name): \(report.state.rawValue): \(problem)")
                }
                if report.refused > 0 {
                    lines.append(
                        "sink \(name): the receiver refused \(report.refused) records for good; `gatehouse sink replay \(name)` "
                            + "sends again what is kept of them")
                }
                if let last = report.losses.last { lines.append("sink \(name): lost: \(last)") }
                return lines
            }
        }
    }

    /// An answer to a request: words for a person, or nil while a trial has none yet.
    package func answer(_ request: SinkRequest, of name: String) throws -> String? {
        let (running, names) = state.withLock { ($0.running[name], $0.names) }
        guard let running else {
            throw UnknownSink(name: name, mend: Suggestion.mend(name, among: names, none: "the policy names no sinks"))
        }
        switch request {
        case .pause:
            running.board.pause()
            return "sink \(name) is paused: it sends nothing until `gatehouse sink resume \(name)`"
        case .resume:
            running.board.resume()
            return "sink \(name) goes on"
        case .replay:
            let count = DeadLetters(SinkFiles(folder: data.sinks, name: name)).count
            if count > 0 { running.board.replay() }
            return count == 0
                ? "sink \(name) has no dead letters" : "sink \(name) sends \(count) dead letters again"
        case .test:
            guard let answer = running.board.test() else { return nil }
            if let fault = answer { throw FailedTrial(name: name, fault: fault) }
            return "sink \(name): the receiver took a record of action \"test\""
        }
    }

    /// Has every sink end after what is under way, for at most five seconds; the rest is sent after the next start.
    package func stop() {
        let all = state.withLock { state in
            defer { state.running = [:] }
            return Array(state.running.values)
        }
        guard !all.isEmpty else { return }
        let group = DispatchGroup()
        for running in all {
            running.board.stop()
            group.enter()
            Task.detached {
                await running.task.value
                group.leave()
            }
        }
        _ = group.wait(timeout: .now() + .seconds(5))
    }

    struct UnknownSink: Error, CustomStringConvertible {
        let name: String
        let mend: String
        var description: String { "sink \(name): there is none of this name; \(mend)" }
    }

    struct FailedTrial: Error, CustomStringConvertible {
        let name: String
        let fault: String
        var description: String { "sink \(name): a record was not taken: \(fault)" }
    }
}
