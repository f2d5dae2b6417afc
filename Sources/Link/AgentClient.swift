import Host

/// Asks the agent that works in a data folder.
package struct AgentClient: Sendable {
    package let folder: DataFolder

    package init(_ folder: DataFolder) { self.folder = folder }

    /// Why an agent gave no answer.
    package enum Failure: Error, Equatable, CustomStringConvertible {
        case notRunning(String)
        case refused(String)

        package var description: String {
            switch self {
            case .notRunning(let folder):
                "no agent answers in data folder \(folder): start one with `gatehouse up --data \(folder)`"
            case .refused(let words): words
            }
        }
    }

    /// Sends a request and waits for the answer; a refusal is thrown.
    package func ask(_ request: ControlRequest, patienceSeconds: Int = 120) throws -> ControlResponse {
        let bytes: [UInt8]
        do {
            bytes = try ControlSocket.ask(
                folder.controlSocket, try ControlCodec.encode(request), patienceSeconds: patienceSeconds)
        } catch let error as SystemError where error.isNobodyThere {
            throw Failure.notRunning(folder.path)
        }
        let response: ControlResponse = try ControlCodec.decode(bytes)
        if case .failed(let words) = response { throw Failure.refused(words) }
        return response
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
