import Foundation
import Host
import Model
import Records
import Testing

@testable import Terminal

@Suite struct ListingTests {
    private struct Things: Listing {
        let columns = [TableColumn("NAME"), TableColumn("COUNT", isNumber: true), TableColumn("VERDICT")]
        func cells(_ row: (String, Int)) -> [String] { [row.0, "\(row.1)", row.1 > 9 ? "ACCEPT" : "DROP"] }
        let keys = ["name", "count", "missing"]
        func fields(_ row: (String, Int)) -> [Field] { [Field("name", .text(row.0)), Field("count", .number(row.1))] }
    }

    private func write(_ rows: [(String, Int)], _ format: OutputFormat, hasColour: Bool = false) -> String {
        var bytes: [UInt8] = []
        var writer = ListingWriter(Things(), format, hasColour: hasColour, write: { bytes += $0 }, tell: { _ in })
        rows.forEach { writer.add($0) }
        writer.finish()
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `a table aligns its columns, numbers at the right`() {
        #expect(
            write([("a", 7), ("long name", 12)], .table) == """
                NAME       COUNT  VERDICT
                a              7  DROP
                long name     12  ACCEPT

                """)
    }

    @Test func `colour is around a verdict, not around its padding`() {
        #expect(write([("a", 7)], .table, hasColour: true).contains("\u{1b}[31mDROP\u{1b}[0m\n"))
    }

    @Test func `a name that would command the terminal is disarmed`() {
        #expect(write([("a\u{1b}[2Jb", 7)], .table).contains("a\u{fffd}[2Jb"))
    }

    @Test(arguments: [
        (OutputFormat.json, "[{\"name\":\"a\\\"\",\"count\":1},\n{\"name\":\"yes\",\"count\":2}]\n"),
        (.jsonl, "{\"name\":\"a\\\"\",\"count\":1}\n{\"name\":\"yes\",\"count\":2}\n"),
        (.csv, "name,count,missing\r\n\"a\"\"\",1,\r\nyes,2,\r\n"),
        (.yaml, "- name: \"a\\\"\"\n  count: 1\n- name: \"yes\"\n  count: 2\n"),
    ])
    func `data formats tell the same fields`(format: OutputFormat, expected: String) {
        #expect(write([("a\"", 1), ("yes", 2)], format) == expected)
    }

    @Test(arguments: [
        (OutputFormat.json, "[]\n"), (.jsonl, ""), (.csv, "name,count,missing\r\n"), (.yaml, "[]\n"),
        (.table, "NAME  COUNT  VERDICT\n"),
    ])
    func `nothing is an empty listing`(format: OutputFormat, expected: String) {
        #expect(write([], format) == expected)
    }

    @Test func `a listing of many rows loses none`() {
        let rows = (0..<5000).map { ("row \($0)", $0) }
        #expect(write(rows, .table).split(separator: "\n").count == 5001)
        #expect(write(rows, .jsonl).split(separator: "\n").count == 5000)
    }
}

@Suite struct WordingTests {
    @Test(
        arguments: [
            (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (2210, "2.2 kB"), (999_999, "999.9 kB"),
            (1_883_200, "1.8 MB"), (UInt64.max, "18.4 EB"),
        ] as [(UInt64, String)])
    func `bytes read short`(count: UInt64, text: String) {
        #expect(Wording.bytes(count) == text)
    }

    @Test func `a time shows its date where that is not today`() throws {
        let zone = try #require(TimeZone(secondsFromGMT: 7200))
        let time = LocalTime(now: Timestamp(seconds: 1_793_699_700), zone: zone)
        #expect(time.text(Timestamp(nanoseconds: 1_793_699_700_123_456_789)) == "11:55:00.123")
        #expect(time.text(Timestamp(seconds: 1_793_699_700 - 86_400), fractionDigits: 0) == "2026-11-02 11:55:00")
    }

    @Test func `the newest of many are kept in order`() {
        var newest = Newest<Int>(limit: 3)
        for number in 0..<5000 { newest.add(number) }
        #expect(Array(newest.elements) == [4997, 4998, 4999])
        var none = Newest<Int>(limit: 0)
        none.add(1)
        #expect(none.elements.isEmpty)
    }
}
