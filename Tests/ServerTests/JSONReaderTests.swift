import Host
import Model
import Testing

@testable import Service

/// What is taken as JSON, what is not, and where the fault is said to be.
@Suite struct JSONReaderTests {
    private static func read(_ text: String) throws(JSONFault) -> JSON {
        try JSONReader.read(Array(text.utf8), .callers)
    }

    private static func fault(_ text: String) -> JSONFault? {
        do throws(JSONFault) {
            _ = try read(text)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        ("null", JSON.null), (" true ", .bool(true)), ("-0", .int(0)), ("1.0", .int(1)), ("1e3", .int(1000)),
        ("-12.5e-1", .double(-1.25)), ("9223372036854775807", .int(.max)), ("-9223372036854775808", .int(.min)),
        ("99999999999999999999", .double(1e20)), (#""\u00e4\ud83d\ude00\n\/""#, "ä😀\n/"), (#""ä😀""#, "ä😀"),
        ("[]", .array([])),
        ("[1, [], {}]", .array([.int(1), .array([]), .object([:])])),
        (#"{"b": 1, "a": {"": null}}"#, .object(["b": .int(1), "a": .object(["": .null])])),
    ]) func `JSON is read as RFC 8259 says`(text: String, value: JSON) throws {
        #expect(try Self.read(text) == value)
        #expect(JSON(parsing: value.bytes) == value)
    }

    @Test(arguments: [
        ("", "", "ends too early"), ("[1,", "[1]", "ends too early"), ("{\"a\":", "a", "ends too early"),
        ("[1] 2", "", "something follows"), ("tru", "", "is no JSON"), ("01", "", "something follows"),
        ("+1", "", "is no JSON"), (".5", "", "is no JSON"), ("1.", "", "ends too early"), ("-", "", "ends too early"),
        ("1e999", "", "too large"), ("NaN", "", "is no JSON"), ("[1,]", "[1]", "is no JSON"),
        ("{a: 1}", "", "is no JSON"),
        ("'a'", "", "is no JSON"), ("\"a", "", "ends too early"), ("\"\\x\"", "", "escape"),
        ("\"\\u12g4\"", "", "four hexadecimal"), ("\"\n\"", "", "control character"),
        (#"{"a": {"b": [0, "x\u0000"]}}"#, "a.b[1]", "NUL"), (#"{"a": ["\ud800"]}"#, "a[0]", "surrogate"),
        (#""\ud800\u0041""#, "", "surrogate"), (#""\udc00\ud800""#, "", "surrogate"),
        (#"{"a": {"x\u0000": 1}}"#, "a", "a member's name: it has a NUL"),
        (#"{"a": 1, "b": 2, "a": 3}"#, "a", "stands twice"),
        (String(repeating: "9", count: 200), "", "128 characters"),
    ]) func `what is no JSON, or no text to be kept, is refused where it stands`(
        text: String, path: String, words: String
    ) {
        let fault = Self.fault(text)
        #expect(fault?.path == path && fault?.reason.contains(words) == true, "\(fault.map { "\($0)" } ?? "taken")")
    }

    @Test func `bytes that are no UTF-8 are refused`() {
        #expect(throws: JSONFault.self) { try JSONReader.read([0x22, 0xff, 0x22], .callers) }
        #expect(throws: JSONFault.self) { try JSONReader.read([0x22, 0xed, 0xa0, 0x80, 0x22], .callers) }
    }

    @Test func `depth, values and members are bounded`() {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(Self.fault(nested(Limit.depthOfBody.bound)) == nil)
        #expect(Self.fault(nested(Limit.depthOfBody.bound + 1))?.reason.contains("within each other") == true)
        #expect(Self.fault(nested(2_000_000))?.reason.contains("within each other") == true)
        #expect(
            Self.fault("[" + String(repeating: "0,", count: Limit.valuesInBody.bound) + "0]")?.reason.contains("values")
                == true)
        let members = (0...Limit.membersOfObject.bound).map { "\"\($0)\":0" }.joined(separator: ",")
        #expect(Self.fault("{\(members)}")?.reason.contains("members") == true)
    }

    /// The time for twice as much is about twice the time, whatever it is on this machine.
    @Test(arguments: ["0", #""x""#, #"{"a":[null]}"#, #""\u00e4""#]) func `time rises as the length does`(item: String)
        throws
    {
        /// Nanoseconds of the processor, which no neighbour lengthens.
        func time(_ count: Int) throws -> Int64 {
            let bytes = Array(("[" + String(repeating: item + ",", count: count) + item + "]").utf8)
            return try (0..<3).map { _ in
                let begin = SystemClock.threadTime
                _ = try JSONReader.read(bytes, .own)
                return SystemClock.threadTime - begin
            }.min() ?? 0
        }
        let (small, large) = (try time(20_000), try time(160_000))
        // Eight times as much; a square would be 64 times.
        #expect(large < small * 24, "\(small) and \(large)")
    }
}
