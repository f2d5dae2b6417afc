import Foundation
package import Host

/// An engine's HTTP API over its socket, as Docker has it and Podman too.
package struct EngineAPI: Sendable {
    package let socket: String

    /// How long an engine may take for an answer, and how much it may say.
    private static let patienceNanoseconds: Int64 = 30_000_000_000
    private static let answerLimit = 64 << 20

    package init(socket: String) { self.socket = socket }

    /// Reads where the API is: `unix:///run/docker.sock`.
    package static func path(of address: String) throws(EngineError) -> String {
        let scheme = "unix://"
        guard address.hasPrefix(scheme + "/") else { throw .badAddress(address) }
        return String(address.dropFirst(scheme.count))
    }

    /// The numbers of all containers that run.
    package func running() throws -> [String] {
        struct Item: Decodable { let Id: String }
        return try JSONDecoder().decode([Item].self, from: Data(get("/containers/json") ?? [])).map(\.Id)
    }

    /// A container; nil where there is none.
    package func container(_ id: String) throws -> Container? {
        guard id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }), !id.isEmpty else { return nil }
        guard let body = try get("/containers/\(id)/json") else { return nil }
        return try JSONDecoder().decode(Container.self, from: Data(body))
    }

    /// What becomes of containers and of their networks from now on.
    package func events() throws -> EventStream {
        // {"type":["container","network"]}
        try EventStream(ask("/events?filters=%7B%22type%22%3A%5B%22container%22%2C%22network%22%5D%7D"), socket)
    }

    private func ask(_ path: String) throws(EngineError) -> Descriptor {
        do {
            let connection = try LocalStream.connect(socket)
            try connection.writeAll(
                Array("GET \(path) HTTP/1.1\r\nHost: engine\r\nUser-Agent: gatehouse\r\nConnection: close\r\n\r\n".utf8)
            )
            return connection
        } catch {
            throw .away(socket, error)
        }
    }

    /// The body of an answer; nil where the engine has no such thing.
    private func get(_ path: String) throws -> [UInt8]? {
        let connection = try ask(path)
        let deadline = SystemClock.monotonic + Self.patienceNanoseconds
        var answer = HTTPAnswer()
        var body: [UInt8] = []
        while !answer.isComplete {
            let patience = deadline - SystemClock.monotonic
            guard patience > 0, try Polling.wait([connection.number], timeoutNanoseconds: patience)[0] else {
                throw EngineError.slow(socket)
            }
            let bytes = try connection.readSome(limit: 1 << 18)
            if bytes.isEmpty { try answer.end() } else { body += try answer.take(bytes) }
            guard body.count <= Self.answerLimit else { throw EngineError.long(socket) }
        }
        switch answer.status {
        case 200: return body
        case 404: return nil
        default: throw EngineError.refused(path, answer.status ?? 0, String(decoding: body.prefix(200), as: UTF8.self))
        }
    }
}

/// The engine's events as they come.
package struct EventStream: ~Copyable {
    private static let lineLimit = 1 << 20

    private let connection: Descriptor
    private let socket: String
    private var answer = HTTPAnswer()
    private var waiting: [UInt8] = []

    init(_ connection: consuming Descriptor, _ socket: String) {
        self.connection = connection
        self.socket = socket
    }

    /// Can be read when there is something.
    package var number: Int32 { connection.number }

    /// The events that are there; to be called when something can be read.
    ///
    /// - Throws: also where the engine ended the stream.
    package mutating func read() throws -> [EngineEvent] {
        let bytes = try connection.readSome(limit: 1 << 18)
        guard !bytes.isEmpty else { throw EngineError.ended(socket) }
        waiting += try answer.take(bytes)
        if let status = answer.status, status != 200 {
            throw EngineError.refused("/events", status, String(decoding: waiting.prefix(200), as: UTF8.self))
        }
        var events: [EngineEvent] = []
        while let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
            let line = waiting[..<end]
            if !line.allSatisfy({ $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: " ") }) {
                events.append(try JSONDecoder().decode(EngineEvent.self, from: Data(line)))
            }
            waiting.removeSubrange(...end)
        }
        guard waiting.count <= Self.lineLimit else { throw EngineError.long(socket) }
        return events
    }
}

/// Why an engine's API says nothing that helps.
package enum EngineError: Error, CustomStringConvertible {
    case badAddress(String)
    case away(String, SystemError)
    case slow(String)
    case long(String)
    case ended(String)
    case refused(String, Int, String)

    package var description: String {
        switch self {
        case .badAddress(let text):
            "--socket \(text): write the engine's socket as unix:///var/run/docker.sock"
        case .away(let socket, let error): "no engine answers at \(socket): \(error.reason)"
        case .slow(let socket): "the engine at \(socket) does not answer in time"
        case .long(let socket): "the engine at \(socket) answers with more than is taken"
        case .ended(let socket): "the engine at \(socket) ended its events"
        case .refused(let path, let status, let words): "the engine refuses \(path) (\(status)): \(words)"
        }
    }
}
