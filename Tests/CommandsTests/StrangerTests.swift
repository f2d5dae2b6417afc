import Foundation
import Host
import TestSupport
import Testing

/// What somebody without credentials can do to a server that runs, by its port alone.
@Suite(.ownThread, .serialized) struct StrangerTests {
    private static func port(_ server: RunningServer) throws -> UInt16 {
        try #require(server.address.split(separator: ":").last.flatMap { UInt16($0) })
    }

    /// Seconds until an honest caller from another source has an answer; nil for none in 30.
    private static func honest(_ port: UInt16, source: String = "127.0.0.3") throws -> Double? {
        let begin = SystemClock.monotonic
        let caller = try RawCaller(port: port, source: source)
        caller.send("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        let answer = caller.answer(seconds: 30)
        guard answer.text.hasPrefix("HTTP/1.1 200") else { return nil }
        return Double(SystemClock.monotonic - begin) / 1e9
    }

    private static func post(_ path: String, _ body: String, _ headers: String = "") -> String {
        "POST \(path) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    private static let zeros = "[" + String(repeating: "0,", count: 1_999_999) + "0]"

    @Test func `four anonymous arrays of two million zeros hold nobody up`() throws {
        let server = try RunningServer(isInsecure: true)
        let port = try Self.port(server)
        let request = Self.post("/identity/v3/auth/tokens", Self.zeros)
        let callers = try (0..<4).map { _ in try RawCaller(port: port) }
        let threads = callers.map { caller in Thread { caller.send(request) } }
        for thread in threads { thread.start() }
        Thread.sleep(forTimeInterval: 1)
        let seconds = try Self.honest(port)
        #expect((seconds ?? .infinity) < 5, "\(seconds.map { "\($0) s" } ?? "no answer in 30 s")")
        for caller in callers { #expect(caller.answer(seconds: 30).isClosed) }
    }

    @Test func `four members' arrays of two million zeros hold nobody up`() throws {
        let server = try RunningServer(isInsecure: true)
        let port = try Self.port(server)
        let request = Self.post(
            "/networking/v2.0/networks", Self.zeros, "X-Auth-Token: max-token-0123456789\r\n")
        let callers = try (0..<4).map { _ in try RawCaller(port: port) }
        let threads = callers.map { caller in Thread { caller.send(request) } }
        for thread in threads { thread.start() }
        Thread.sleep(forTimeInterval: 1)
        let seconds = try Self.honest(port)
        #expect((seconds ?? .infinity) < 5, "\(seconds.map { "\($0) s" } ?? "no answer in 30 s")")
        for caller in callers { #expect(caller.answer(seconds: 60).text.hasPrefix("HTTP/1.1 4")) }
    }

    /// Bodies of megabytes and names of many kinds, from many sources: what is left of them is asserted, and not the time.
    @Test func `a flood of logins leaves a small trail, and its memory is given back`() throws {
        let server = try RunningServer(isInsecure: true)
        let port = try Self.port(server)
        func login(_ name: String) -> String {
            #"{"auth": {"identity": {"methods": ["password"], "password": {"user": {"name": "\#(name)", "password": "x", "domain": {"name": "Default"}}}}}}"#
        }
        func trail() throws -> Int {
            let registry = server.data + "/registry.sqlite"
            return try ["", "-wal"].reduce(0) { try $0 + DurableFile.size(registry + $1) }
        }
        func flood(_ round: Int) throws {
            for number in 0..<400 {
                let name = number % 10 == 0 ? String(repeating: "n", count: 3_900_000) : "n\(round)-\(number)"
                // One source guesses, and is stopped; the large ones come from everywhere.
                let source = number % 10 == 0 ? 2 + number % 200 : 1
                let caller = try RawCaller(port: port, source: "127.0.\(round).\(source)")
                caller.send(Self.post("/identity/v3/auth/tokens", login(name)))
                #expect(caller.answer(seconds: 30).text.hasPrefix("HTTP/1.1 4") || number % 10 == 0)
            }
        }
        // What a server has when it is warm is no leak.
        try flood(1)
        let (bytes, resident) = (try trail(), try server.resident)
        try flood(2)
        let grown = (try trail() - bytes, try server.resident - resident)
        #expect(grown.0 < 2 << 20, "\(grown.0) bytes of the registry")
        #expect(grown.1 < 32 << 20, "\(grown.1 >> 20) MB of memory")
    }

    @Test func `requests that are half sent are ended`() throws {
        let server = try RunningServer(isInsecure: true)
        let port = try Self.port(server)
        let halves = try (0..<100).map { number in
            let caller = try RawCaller(port: port, source: "127.0.1.\(1 + number)")
            switch number % 3 {
            case 0: break
            case 1: caller.send("GET /health HTT")
            default:
                caller.send("POST /identity/v3/auth/tokens HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"auth\"")
            }
            return caller
        }
        let begin = SystemClock.monotonic
        var open = halves.count
        // Ten seconds for a head, thirty for a body.
        while open > 0, SystemClock.monotonic - begin < 45_000_000_000 {
            Thread.sleep(forTimeInterval: 1)
            open = halves.count { !$0.isClosed }
        }
        #expect(open == 0, "\(open) of \(halves.count) are open after 45 s")
    }

    @Test func `eleven hundred idle connections of one source leave room for others`() throws {
        let server = try RunningServer(isInsecure: true, descriptors: 1024)
        let port = try Self.port(server)
        let idle = try (0..<1100).map { _ in try RawCaller(port: port, source: "127.0.0.9") }
        Thread.sleep(forTimeInterval: 1)
        let seconds = try Self.honest(port)
        #expect((seconds ?? .infinity) < 5, "\(seconds.map { "\($0) s" } ?? "no answer in 30 s")")
        withExtendedLifetime(idle) {}
    }
}
