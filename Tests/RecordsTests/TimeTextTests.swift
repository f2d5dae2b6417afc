import Model
import TestSupport
import Testing

@testable import Records

@Suite struct TimeTextTests {
    @Test(arguments: [("30s", 30), ("15m", 900), ("2h", 7200), ("1d", 86400), ("1h30m", 5400), ("0s", 0)])
    func `durations are numbers with units`(text: String, seconds: Int) throws {
        #expect(try TimeText.duration(text) == .seconds(seconds))
    }

    @Test(arguments: ["", "15", "m", "1w", "-1m", "1.5h", "1 m", "99999999999999999999s", "999999999d", "1h30"])
    func `what is no duration is refused`(text: String) {
        #expect(throws: TimeText.ParseError.notADuration(text)) { try TimeText.duration(text) }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", Int64(0)), ("2026-11-03T09:54:58.000001Z", 1_793_699_698_000_001_000),
        ("2026-11-03t10:54:58.5+01:00", 1_793_699_698_500_000_000), ("2000-02-29 00:00:00Z", 951_782_400_000_000_000),
        ("2026-11-03T09:54:58.1234567899Z", 1_793_699_698_123_456_789),
        ("2261-12-31T23:59:59-23:59", 9_214_732_739_000_000_000),
    ])
    func `instants are RFC 3339`(text: String, nanoseconds: Int64) {
        #expect(TimeText.instant(text) == Timestamp(nanoseconds: nanoseconds))
    }

    @Test func `an instant survives its text`() {
        var random = SplitMix64(seed: 3)
        for _ in 0..<2000 {
            let instant = Timestamp(nanoseconds: Int64.random(in: 0...9_214_646_399_000_000_000, using: &random))
            #expect(TimeText.instant(instant.text(fractionDigits: 9)) == instant)
        }
    }

    @Test(arguments: [
        "", "2026-11-03", "2026-11-03T09:54:58", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z",
        "2026-11-03T24:00:00Z", "2026-11-03T09:54:58.Z", "2026-11-03T09:54:58Zx", "9999-01-01T00:00:00Z",
        "2026-11-3T09:54:58Z", "+026-11-03T09:54:58Z",
    ])
    func `what is no instant is refused`(text: String) {
        #expect(TimeText.instant(text) == nil)
    }

    @Test func `a duration as a time is that long ago`() throws {
        let now = Timestamp(seconds: 10_000)
        #expect(try TimeText.time("15m", now: now) == Timestamp(seconds: 9_100))
        #expect(try TimeText.time("1970-01-01T00:00:01Z", now: now) == Timestamp(seconds: 1))
        let error = #expect(throws: TimeText.ParseError.self) { try TimeText.time("yesterday", now: now) }
        #expect(error?.description.hasPrefix("\"yesterday\" is not a time: write 15m, 2h or 1d ago") == true)
    }
}
