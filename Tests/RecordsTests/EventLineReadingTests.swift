import Model
import Testing

@testable import Records

@Suite struct EventLineReadingTests {
    private let line: String

    init() throws {
        let shop = try Shop()
        var encoder = EventJSON(host: "host-1", catalogue: shop.catalogue)
        var line = ByteLine()
        encoder.append(shop.event(), to: &line)
        self.line = line.text
    }

    @Test func `keys of a later release are passed over`() throws {
        let later = line.replacing("{\"sequence\"", with: #"{"new":[1,{"a":"]}"}],"n":null,"e":-1.5e3,"sequence""#)
        #expect(try EventLogLine(reading: later) == EventLogLine(reading: line))
    }

    @Test func `spaces and escapes of other writers are read`() throws {
        let other = line.replacing("\"host\":\"host-1\"", with: #""host" : "\u0068ost\/\ud83d\ude00\n""#)
        guard case .event(let entry) = try EventLogLine(reading: other) else { return }
        #expect(entry.host == "host/😀\n")
    }

    @Test(arguments: ["", "{", "{}x", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{\"a\":\"\\x\"}", "{\"a\":[1}"])
    func `what is no object is refused`(text: String) {
        #expect(throws: EventLineError.self) { try EventLogLine(reading: text) }
    }

    @Test func `a missing key is named`() {
        #expect(throws: EventLineError.missing(key: "host")) {
            try EventLogLine(reading: line.replacing("\"host\"", with: "\"hots\""))
        }
    }

    @Test func `a value that the key cannot hold is shown`() {
        #expect(throws: EventLineError.badValue(key: "src_port", value: "147825")) {
            try EventLogLine(reading: line.replacing("\"src_port\":47825", with: "\"src_port\":147825"))
        }
    }

    @Test func `every prefix of a line is refused`() {
        let bytes = Array(line.utf8)
        for length in 0..<bytes.count - 2 {
            #expect(throws: EventLineError.self) { try EventLogLine(reading: bytes.prefix(length)) }
        }
    }

    @Test func `deep nesting is no danger`() throws {
        let deep = String(repeating: "[", count: 100_000) + String(repeating: "]", count: 100_000)
        #expect(throws: EventLineError.missing(key: "sequence")) { try EventLogLine(reading: "{\"a\":\(deep)}") }
    }
}
