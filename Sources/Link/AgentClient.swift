import Host

/// Asks the agent that works in a data folder.
package struct AgentClient: Sendable {
    package let folder: DataFolder

    package init(_ folder: DataFolder) { self.folder = folder }

    /// Why an agent gave no answer.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case notRunning(String)
        case refused(String)
        case noAnswer(seconds: Int)

        package var description: String {
            switch self {
            case .notRunning(let folder):
                "no agent answers in data folder \(folder): start one with `gatehouse up --data \(folder)`"
            case .refused(let words): words
            case .noAnswer(let seconds):
                "the control plane was asked, and what it says is not in force here after \(seconds) s; `gatehouse status` "
                    + "says what stands in the way"
            }
        }
    }

    /// Between two questions about what the control plane was asked.
    private static let pauseNanoseconds: Int64 = 10_000_000

    /// Sends a request and waits for the answer, also where the control plane has to give it; a refusal is thrown.
    package func ask(_ request: ControlRequest, patienceSeconds: Int = 120) throws -> ControlResponse {
        let deadline = SystemClock.monotonic + Int64(patienceSeconds) * 1_000_000_000
        while true {
            switch try askOnce(request, patienceSeconds: patienceSeconds) {
            case .failed(let words): throw Failure.refused(words)
            case .waiting:
                guard SystemClock.monotonic < deadline else { throw Failure.noAnswer(seconds: patienceSeconds) }
                _ = try Polling.wait([], timeoutNanoseconds: Self.pauseNanoseconds)
            case let response: return response
            }
        }
    }

    private func askOnce(_ request: ControlRequest, patienceSeconds: Int) throws -> ControlResponse {
        do {
            return try ControlCodec.decode(
                try ControlSocket.ask(
                    folder.controlSocket, try ControlCodec.encode(request), patienceSeconds: patienceSeconds))
        } catch let error as SystemError where error.isNobodyThere {
            throw Failure.notRunning(folder.path)
        }
    }

    /// Waits until an agent answers, for at most so many seconds.
    package func waitUntilReady(seconds: Int) throws {
        let deadline = SystemClock.monotonic + Int64(seconds) * 1_000_000_000
        while true {
            do {
                _ = try ask(.status, patienceSeconds: max(seconds, 1))
                return
            } catch {
                guard SystemClock.monotonic < deadline else { throw error }
                _ = try Polling.wait([], timeoutNanoseconds: 20_000_000)
            }
        }
    }
}
