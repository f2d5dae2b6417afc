/// An HTTP/1.1 answer, taken as its bytes come: a head, then a body by its length, in chunks, or to the end of the connection.
package struct HTTPAnswer {
    /// Why bytes are no answer that we take.
    package enum Fault: Error, Equatable, CustomStringConvertible {
        case notHTTP(String)
        case longHead
        case badLength(String)
        case cutOff

        package var description: String {
            switch self {
            case .notHTTP(let line): "what answers speaks no HTTP/1: \"\(line)\""
            case .longHead: "the head of the answer is longer than \(HTTPAnswer.headLimit) bytes"
            case .badLength(let text): "the answer has no good length: \"\(text)\""
            case .cutOff: "the answer is cut off"
            }
        }
    }

    private enum State {
        case head
        /// So many bytes are to come; nil for all until the connection ends.
        case body(Int?)
        case chunkHead
        case chunk(Int)
        case chunkEnd
        case trailer
        case done
    }

    package static let headLimit = 64 << 10
    private static let lineLimit = 1 << 10

    /// 200 and so on; nil until the head is there.
    package private(set) var status: Int?
    private var state = State.head
    private var waiting: [UInt8] = []

    package init() {}

    package var isComplete: Bool { if case .done = state { true } else { false } }

    /// Works in bytes of the connection.
    ///
    /// - Returns: the bytes of the body that are among them.
    package mutating func take(_ bytes: [UInt8]) throws(Fault) -> [UInt8] {
        waiting += bytes
        var body: [UInt8] = []
        while try step(&body) {}
        return body
    }

    /// Works in that the other side closed the connection.
    package mutating func end() throws(Fault) {
        switch state {
        case .done: break
        case .body(nil): state = .done
        case .head, .body, .chunkHead, .chunk, .chunkEnd, .trailer: throw .cutOff
        }
    }

    /// Goes one step on; false where that needs more bytes.
    private mutating func step(_ body: inout [UInt8]) throws(Fault) -> Bool {
        switch state {
        case .head:
            guard let end = waiting.firstRange(of: Array("\r\n\r\n".utf8)) else {
                guard waiting.count <= Self.headLimit else { throw .longHead }
                return false
            }
            let text = String(decoding: waiting[..<end.lowerBound], as: UTF8.self)
            waiting.removeSubrange(..<end.upperBound)
            try read(head: text)
            return true
        case .body(let left):
            let count = min(left ?? .max, waiting.count)
            guard count > 0 else { return false }
            body += waiting[..<count]
            waiting.removeSubrange(..<count)
            state = left.map { $0 == count ? .done : .body($0 - count) } ?? .body(nil)
            return true
        case .chunkHead:
            guard let line = try takeLine() else { return false }
            let digits = line.prefix { $0 != ";" }.filter { $0 != " " }
            guard digits.count <= 8, let length = Int(digits, radix: 16), length >= 0 else { throw .badLength(line) }
            state = length == 0 ? .trailer : .chunk(length)
            return true
        case .chunk(let left):
            let count = min(left, waiting.count)
            guard count > 0 else { return false }
            body += waiting[..<count]
            waiting.removeSubrange(..<count)
            state = left == count ? .chunkEnd : .chunk(left - count)
            return true
        case .chunkEnd:
            guard let line = try takeLine() else { return false }
            guard line.isEmpty else { throw .badLength(line) }
            state = .chunkHead
            return true
        case .trailer:
            guard let line = try takeLine() else { return false }
            if line.isEmpty { state = .done }
            return true
        case .done: return false
        }
    }

    private mutating func takeLine() throws(Fault) -> String? {
        guard let end = waiting.firstRange(of: Array("\r\n".utf8)) else {
            guard waiting.count <= Self.lineLimit else { throw .longHead }
            return nil
        }
        let line = String(decoding: waiting[..<end.lowerBound], as: UTF8.self)
        waiting.removeSubrange(..<end.upperBound)
        return line
    }

    private mutating func read(head: String) throws(Fault) {
        let lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        let first = lines[0].split(separator: " ", maxSplits: 2)
        guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else {
            throw .notHTTP(String(lines[0].prefix(80)))
        }
        self.status = status
        var length: Int?
        var isChunked = false
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].trimmingPrefix { $0 == " " }
            switch parts[0].lowercased() {
            case "transfer-encoding": isChunked = value.lowercased().hasSuffix("chunked")
            case "content-length":
                guard let number = Int(value), number >= 0 else { throw .badLength(String(value.prefix(80))) }
                length = number
            default: break
            }
        }
        state = isChunked ? .chunkHead : length == 0 ? .done : .body(length)
    }
}
