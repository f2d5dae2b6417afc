import Integrations
import Testing

@Suite struct HTTPAnswerTests {
    /// An answer, its body, and whether it ends by itself.
    static let answers: [(text: String, body: String)] = [
        ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "hello"),
        ("HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n", ""),
        (
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;a=b\r\n world\r\n0\r\nX: y\r\n\r\n",
            "hello world"
        ),
    ]

    @Test(arguments: answers) func `an answer is the same however its bytes come`(text: String, body: String) throws {
        for size in [1, 2, 7, text.utf8.count] {
            var answer = HTTPAnswer()
            var found: [UInt8] = []
            let bytes = Array(text.utf8)
            for start in stride(from: 0, to: bytes.count, by: size) {
                found += try answer.take(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(String(decoding: found, as: UTF8.self) == body, "\(size)")
            #expect(answer.isComplete, "\(size)")
        }
    }

    @Test func `a body without a length ends with the connection`() throws {
        var answer = HTTPAnswer()
        let body = try answer.take(Array("HTTP/1.0 404 Not Found\r\n\r\nno such thing".utf8))
        #expect(answer.status == 404)
        #expect(!answer.isComplete)
        try answer.end()
        #expect(answer.isComplete)
        #expect(String(decoding: body, as: UTF8.self) == "no such thing")
    }

    static let bad: [(text: String, fault: HTTPAnswer.Fault)] = [
        ("SSH-2.0-OpenSSH\r\n\r\n", .notHTTP("SSH-2.0-OpenSSH")),
        ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", .badLength("-1")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", .badLength("fffffffffffffffff")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\n", .badLength("-5")),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n", .badLength("bc")),
        (String(repeating: "a", count: HTTPAnswer.headLimit + 1), .longHead),
    ]

    @Test(arguments: bad) func `what is no answer is refused in words`(text: String, fault: HTTPAnswer.Fault) {
        var answer = HTTPAnswer()
        #expect(throws: fault) { _ = try answer.take(Array(text.utf8)) }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel",
    ]) func `an answer that is cut off is none`(text: String) throws {
        var answer = HTTPAnswer()
        _ = try answer.take(Array(text.utf8))
        #expect(throws: HTTPAnswer.Fault.cutOff) { try answer.end() }
    }
}
