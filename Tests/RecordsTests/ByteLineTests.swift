import Model
import TestSupport
import Testing

@testable import Records

@Suite struct ByteLineTests {
    private func text(_ write: (inout ByteLine) -> Void) -> String {
        var line = ByteLine()
        write(&line)
        return line.text
    }

    @Test(arguments: [
        UInt64(0), 7, 9, 10, 99, 100, 65535, 1_000_000, 99_999_999, 100_000_000, 10_000_000_000_000_001, .max,
    ])
    func `numbers are decimal`(number: UInt64) {
        #expect(text { $0.append(decimal: number) } == "\(number)")
    }

    @Test func `addresses and ids are written as the vocabulary writes them`() {
        var random = SplitMix64(seed: 7)
        for round in 0..<2000 {
            // Bits are cleared in whole groups as well, so that runs of zeros of every length come up.
            func half() -> UInt64 {
                var bits = UInt64.random(in: 0...UInt64.max, using: &random)
                for group in 0..<4 where Bool.random(using: &random) { bits &= ~(0xffff << UInt64(16 * group)) }
                return round % 3 == 0 ? bits & 0x00ff_000f_0fff_ffff : bits
            }
            let high = half()
            let low = half()
            let wide = IPAddress(ipv6High: high, low: low)
            let narrow = IPAddress(ipv4: UInt32(truncatingIfNeeded: low))
            let id = Identifier<Rule>(high: high, low: low)
            let mac = MACAddress(bits: low)
            #expect(text { $0.append(wide) } == wide.description)
            #expect(text { $0.append(narrow) } == narrow.description)
            #expect(text { $0.append(id) } == id.description)
            #expect(text { $0.append(mac) } == mac.description)
        }
    }

    @Test(arguments: [0, 1_795_219_200_123_456_789, -1, 951_782_399_999_999_999])
    func `instants are written as the vocabulary writes them`(nanoseconds: Int64) {
        let instant = Timestamp(nanoseconds: nanoseconds)
        #expect(text { $0.append(instant) } == instant.description)
        #expect(text { $0.append(instant, fractionDigits: 0) } == instant.text(fractionDigits: 0))
        #expect(text { $0.append(instant, fractionDigits: 9) } == instant.text(fractionDigits: 9))
    }

    @Test(arguments: [
        ("plain é", "\"plain é\""), ("a\"b\\c", "\"a\\\"b\\\\c\""), ("a\nb\u{1b}", "\"a\\u000ab\\u001b\""),
        ("\u{85}\u{2028}\u{7f}", "\"\\u0085\\u2028\\u007f\""),
    ])
    func `JSON strings hold no control character`(plain: String, escaped: String) {
        #expect(text { $0.append(jsonString: plain) } == escaped)
    }

    @Test(arguments: [("plain", "plain"), ("a,b", "\"a,b\""), ("say \"x\"", "\"say \"\"x\"\"\""), ("a\nb", "\"a b\"")])
    func `CSV fields are one line`(plain: String, field: String) {
        #expect(text { $0.append(csvField: plain) } == field)
    }
}
