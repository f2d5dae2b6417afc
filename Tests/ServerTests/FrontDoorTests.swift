import HTTPTypes
import Logging
import Registry
import Service
import Synchronization
import Telemetry
import Testing

@testable import Server

/// An API of its own: what is mounted is one entry of a list.
private struct FailingAPI: MountedAPI {
    struct Broken: Error {}

    let mounts = [["broken"], ["broken", "not"]]
    let routes = [APIRoute(.get, ""), APIRoute(.get, "{part}")]

    func answer(_ call: Call) async throws -> Answer {
        guard call.path != ["whole"] else { return Answer(text: "whole") }
        throw Broken()
    }
}

/// Keeps what is logged.
private struct KeptLog: LogHandler {
    final class Lines: Sendable {
        private let kept = Mutex<[String]>([])
        var all: [String] { kept.withLock { $0 } }
        func add(_ line: String) { kept.withLock { $0.append(line) } }
    }

    let lines: Lines
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        lines.add("\(event.message) \(event.metadata?["request"] ?? "") \(event.metadata?["reason"] ?? "")")
    }
}

@Suite struct FrontDoorTests {
    private let lines = KeptLog.Lines()
    private let store = MetricsStore()

    private var door: FrontDoor {
        let lines = lines
        return FrontDoor(
            [FailingAPI()], metrics: Metrics(store), logger: Logger(label: "test") { _ in KeptLog(lines: lines) })
    }

    @Test func `failures of requests at the same time are each logged under their own id`() async {
        let door = door
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<50 {
                group.addTask {
                    let call = Call(method: .get, path: ["broken"], requestID: "req-\(number)")
                    let answer = await door.answer(call)
                    #expect(answer.status == .internalServerError)
                    #expect(answer.headers[.requestID] == "req-\(number)")
                    #expect(!String(decoding: answer.body, as: UTF8.self).contains("Broken"))
                }
            }
        }
        #expect(Set(lines.all) == Set((0..<50).map { "request failed req-\($0) Broken()" }))
        #expect(store.text.contains("\ngatehouse_server_failures_total 50\n"))
    }

    @Test func `a path leads to the longest mount, and nowhere where there is none`() async {
        #expect(await door.answer(Call(method: .get, path: ["broken", "not", "whole"])).status == .ok)
        #expect(await door.answer(Call(method: .get, path: ["elsewhere"])).status == .notFound)
        #expect(await door.answer(Call(method: .get, path: [])).status == .ok)
    }
}
