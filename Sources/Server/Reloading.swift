import ServiceLifecycle
import UnixSignals

/// SIGHUPs as they come; those from before anybody listens wait, instead of ending the process.
package struct HangUps: Sendable {
    private let signals: UnixSignalsSequence

    package init() async { signals = await UnixSignalsSequence(trapping: .sighup) }

    /// Does something at each signal, until the server stops.
    func run(_ body: @escaping @Sendable () async -> Void) async {
        for await _ in signals.cancelOnGracefulShutdown() { await body() }
    }
}

/// Takes up what an operator has changed whenever told to; finishing means that nobody is listened to any more.
struct Reloading: Service {
    let hangUps: HangUps
    let reload: @Sendable () async -> Void

    func run() async throws { await hangUps.run(reload) }
}
