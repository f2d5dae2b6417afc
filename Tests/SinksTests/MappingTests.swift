import Foundation
import Model
import Records
import TestSupport
import Testing

@testable import Sinks

/// Mappings, with values that others chose.
@Suite struct MappingTests {
    static let hostile: [String] = [
        #"a|b"#, #"a=b src=6.6.6.6"#, #"a]b"#, #"say \"hi\""#, #"back\\slash"#, #"line\nfeed\rreturn"#,
        #"nul\u0000nul"#,
        #"\ufeffbom"#, #"^caret^"#, #"\u2028sep\u0085"#, "ünïcode \u{1F600}", String(repeating: "y", count: 65_536),
    ]

    static func render(_ format: SinkFormat, _ line: String, _ source: SinkSource = .events) throws -> String {
        var fields = RecordFields()
        let bytes = Array(line.utf8)
        let isObject = fields.read(source, bytes, 0..<bytes.count)
        #expect(isObject)
        var output = ByteLine()
        format.mapping.append(fields, to: &output)
        return try #require(String(validating: output.bytes, as: UTF8.self))
    }

    static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test(arguments: SinkFormat.allCases, hostile)
    func `a hostile value is one line, and stays a value`(_ format: SinkFormat, _ value: String) throws {
        let line = SinkRig.event(7, rule: value, instance: value)
        let text = try Self.render(format, line)
        #expect(text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f })
        switch format {
        case .json, .ecs, .ocsf: _ = try Self.object(text)
        case .cef:
            let parsed = try #require(CEFLine(text))
            #expect(parsed.values["src"] == "203.0.113.7")
            #expect(parsed.values["externalId"] == "gw-01:event:7")
            #expect(parsed.header.count == 7)
        case .leef:
            let attributes = try #require(text.split(separator: "|", maxSplits: 6).last).split(separator: "^")
            #expect(attributes.count { $0.hasPrefix("src=") } == 1)
            #expect(attributes.contains("src=203.0.113.7"))
        case .rfc5424:
            #expect(StructuredData.element(text)?["src_ip"] == "203.0.113.7")
            #expect(text.hasSuffix("] Session refused"))
        }
        if !format.isJSON { #expect(text.utf8.count < 8192) }
    }

    @Test func `gatehouse's json is the line with what it is and its id in front`() throws {
        let line = SinkRig.event(41)
        let object = try Self.object(try Self.render(.json, line))
        var wanted = try Self.object(line)
        wanted["kind"] = "event"
        wanted["id"] = "gw-01:event:41"
        #expect(object as NSDictionary == wanted as NSDictionary)
    }

    @Test func `a summary of the event log is shipped as one`() throws {
        let line = """
            {"kind":"summary","host":"gw-01","lost":3,"suppressed":9,"from":"2026-11-20T10:00:00.000000Z","to":"2026-11-20T10:00:01.000000Z"}
            """
        let object = try Self.object(try Self.render(.json, line))
        #expect(object["kind"] as? String == "summary")
        #expect(object["id"] as? String == "gw-01:summary:2026-11-20T10:00:00.000000Z")
        #expect(object["lost"] as? Int == 3)
        #expect(try Self.render(.cef, line).contains("|event.summary|Events that the log does not hold|5|"))
    }

    @Test func `cef has the keys of its dictionary`() throws {
        let values = try #require(CEFLine(try Self.render(.cef, SinkRig.event(1)))).values
        #expect(values["rt"] == "1795168801000")
        #expect(values["spt"] == "51000" && values["dpt"] == "22" && values["proto"] == "tcp")
        #expect(values["act"] == "drop" && values["deviceDirection"] == "0")
        #expect(values["deviceInboundInterface"] == "gh-web-1")
        #expect(values["cs1Label"] == "ruleId" && values["cs1"] == "b0a20fd7-7cad-830d-a8de-2af1501b9f25")
    }

    @Test func `six addresses stand under cef's own keys`() throws {
        let line = SinkRig.event(1).replacing("203.0.113.7", with: "2001:db8::7").replacing(
            "10.10.1.5", with: "fd00::5")
        let values = try #require(CEFLine(try Self.render(.cef, line))).values
        #expect(values["c6a2"] == "2001:db8::7" && values["c6a3"] == "fd00::5" && values["src"] == nil)
    }

    @Test func `instants are read without a calendar`() {
        func read(_ text: String) -> Int64? { InstantText.nanoseconds(Array(text.utf8)[...]) }
        #expect(read("1970-01-01T00:00:00Z") == 0)
        #expect(read("2026-11-20T10:00:01.123456Z") == 1_795_168_801_123_456_000)
        #expect(read("2028-02-29T23:59:59.999999999Z") == 1_835_481_599_999_999_999)
        #expect(read("2026-11-20 10:00") == nil && read("") == nil && read("2026-13-20T10:00:01Z") == nil)
    }

    @Test(arguments: [
        "", "{", "{}x", "[1]", "{\"a\"", "{\"a\":", "{\"a\":1", "{\"a\":1,}", "null", "{\"a\":\"\\", "{\"a\":}",
    ])
    func `what is no object is told apart`(_ line: String) {
        var fields = RecordFields()
        let bytes = Array(line.utf8)
        let isObject = fields.read(.events, bytes, 0..<bytes.count)
        #expect(!isObject)
    }
}

/// A line of CEF, read as receivers do: a value ends where the next key begins.
struct CEFLine {
    var header: [String] = []
    var values: [String: String] = [:]

    init?(_ text: String) {
        var (part, isEscaped) = ("", false)
        var index = text.startIndex
        while index < text.endIndex, header.count < 7 {
            let character = text[index]
            if isEscaped {
                part.append(character)
            } else if character == "|" {
                header.append(part)
                part = ""
            } else if character != "\\" {
                part.append(character)
            }
            isEscaped = !isEscaped && character == "\\"
            index = text.index(after: index)
        }
        guard header.count == 7, header[0] == "CEF:0" else { return nil }
        let extensions = String(text[index...])
        let pattern = #/(?:^| )([A-Za-z0-9]+)=/#
        let starts = extensions.matches(of: pattern)
        for (place, start) in starts.enumerated() {
            let end = place + 1 < starts.count ? starts[place + 1].range.lowerBound : extensions.endIndex
            let value = extensions[start.range.upperBound..<end]
            // An equals sign that is not escaped would be another key.
            guard !value.replacing(#"\\"#, with: "").replacing(#"\="#, with: "").contains("=") else { return nil }
            values[String(start.1)] = String(value.replacing(#"\="#, with: "=").replacing(#"\\"#, with: #"\"#))
        }
    }
}

/// One element of RFC 5424's structured data, read by its grammar.
enum StructuredData {
    static func element(_ text: String) -> [String: String]? {
        var values: [String: String] = [:]
        var rest = text[...]
        guard rest.popFirst() == "[", let blank = rest.firstIndex(of: " ") else { return nil }
        rest = rest[blank...]
        while rest.popFirst() == " " {
            guard let equals = rest.firstIndex(of: "=") else { return nil }
            let name = String(rest[..<equals])
            rest = rest[rest.index(after: equals)...]
            guard rest.popFirst() == "\"" else { return nil }
            var value = ""
            while let character = rest.popFirst(), character != "\"" {
                if character == "]" { return nil }
                if character == "\\" { value.append(rest.popFirst() ?? "\\") } else { value.append(character) }
            }
            values[name] = value
        }
        return text.contains("] ") ? values : nil
    }
}
