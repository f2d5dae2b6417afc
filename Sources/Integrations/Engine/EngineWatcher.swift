package import Host
package import Link

/// Follows an engine's events until a signal comes, and keeps its containers' devices attached meanwhile.
package final class EngineWatcher {
    private let name: String
    private let engine: EngineAPI
    private let attacher: Attacher
    private let tell: (String) -> Void
    private var keeper: ContainerKeeper
    /// Containers to look at, and since when each is due.
    private var due: [String: Int64] = [:]
    private var retries: [String: Int64] = [:]
    private var engineProblem: String?
    private var reported: (words: [String], at: Int64)?

    /// Between two tries: at first, and at most.
    private static let firstPause: Int64 = 100_000_000
    private static let lastPause: Int64 = 5_000_000_000
    /// How often the agent hears of a watcher, whatever it has to say.
    private static let reportPause: Int64 = 20_000_000_000

    /// * `name`: `docker` or `podman`, as status and talk call it.
    package init(_ name: String, socket: String, folder: DataFolder, tell: @escaping (String) -> Void) {
        self.name = name
        self.tell = tell
        engine = EngineAPI(socket: socket)
        attacher = Attacher(folder)
        keeper = ContainerKeeper(engine, attacher, tell: tell)
    }

    /// What is not judged at present, or not known.
    package var problems: [String] { (engineProblem.map { [$0] } ?? []) + keeper.problems.values.sorted() }

    /// Looks at all containers that run once.
    ///
    /// - Throws: where the engine does not answer.
    package func takeUp() throws {
        for id in try engine.running() { try keeper.settle(id) }
        report(isLast: true)
    }

    /// Watches until one of the signals comes.
    package func run(until signals: SignalDescriptor) throws {
        var pause = Self.firstPause
        while signals.next() == nil {
            do {
                try follow(signals) { pause = Self.firstPause }
            } catch {
                if engineProblem != "\(error)" { tell("\(name): \(error); trying again until it answers") }
                engineProblem = "\(error)"
                report()
                if try Polling.wait([signals.number], timeoutNanoseconds: pause)[0] { continue }
                pause = min(pause * 2, Self.lastPause)
            }
        }
        report(isLast: true)
    }

    /// Follows one stream of events until it ends, which is thrown, or a signal waits.
    private func follow(_ signals: SignalDescriptor, isConnected: () -> Void) throws {
        // The stream first: what happens while the list is read is in one of the two.
        var stream = try engine.events()
        for id in try engine.running() { due[id] = 0 }
        for id in keeper.known { due[id] = 0 }
        tell("\(name): connected; \(due.count) containers to look at")
        engineProblem = nil
        isConnected()
        while true {
            try work()
            report()
            let next = min(due.values.min() ?? .max, (reported?.at ?? 0) + Self.reportPause)
            let ready = try Polling.wait(
                [signals.number, stream.number], timeoutNanoseconds: max(0, next - SystemClock.monotonic))
            if ready[0] { return }
            guard ready[1] else { continue }
            for event in try stream.read() where event.isOfDevices {
                if let id = event.container {
                    due[id] = 0
                    retries[id] = nil
                }
            }
        }
    }

    /// Looks at what is due. What could not be done is tried again, the later the more often it could not.
    private func work() throws {
        let now = SystemClock.monotonic
        for (id, time) in due where time <= now {
            try keeper.settle(id)
            due[id] = nil
            guard keeper.problems[id] != nil else {
                retries[id] = nil
                continue
            }
            let pause = min((retries[id] ?? Self.firstPause) * 2, Self.lastPause)
            retries[id] = pause
            due[id] = SystemClock.monotonic + pause
        }
    }

    /// Has the agent's status say what is not judged. An agent that is away hears it when it is back.
    private func report(isLast: Bool = false) {
        let words = problems
        let now = SystemClock.monotonic
        if let reported, reported.words == words, now - reported.at < Self.reportPause, !isLast { return }
        let report = WatcherReport(watcher: name, problems: isLast && words.isEmpty ? nil : words)
        do {
            _ = try attacher.client.ask(.watcher(report), patienceSeconds: 5)
            reported = (words, now)
        } catch {
            // Soon again, without a word: each container that it keeps from being attached says so.
            reported = (words, now - Self.reportPause + 1_000_000_000)
        }
    }
}
