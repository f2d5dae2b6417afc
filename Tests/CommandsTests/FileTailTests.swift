import Foundation
import Host
import Link
import TestSupport
import Testing

@testable import Commands

@Suite(.ownThread) struct FileTailTests {
    private let shop: ShopFolder
    private var path: String { shop.folder.path + "/log" }

    init() throws { shop = try ShopFolder() }

    private func append(_ text: String) throws { try shop.append(Array(text.utf8), to: path) }
    private func rotate(_ from: String = "", to: String) throws { try DurableFile.rename(path + from, to: path + to) }
    private func text(_ lines: [[UInt8]]) -> [String] { lines.map { String(decoding: $0, as: UTF8.self) } }

    @Test func `files that were set aside are read first, oldest first`() throws {
        try append("c\n")
        try shop.write(Array("a\n".utf8), to: path + ".10")
        try shop.write(Array("b\n".utf8), to: path + ".2")
        var tail = try FileTail(path, from: .beginning)
        #expect(text(try tail.lines()) == ["a", "b", "c"])
        #expect(try tail.lines().isEmpty)
    }

    @Test func `a line waits for its end`() throws {
        try append("one\ntw")
        var tail = try FileTail(path, from: .beginning)
        #expect(text(try tail.lines()) == ["one"])
        try append("o\n")
        #expect(text(try tail.lines()) == ["two"])
    }

    @Test func `lines from the newest back are the same, and what comes next follows them`() throws {
        var random = SplitMix64(seed: 5)
        for round in 0..<60 {
            let lines = (0..<Int(random.next() % 40)).map {
                "\($0)" + String(repeating: "x", count: Int(random.next() % 30))
            }
            let old = lines.prefix(Int(random.next() % 8))
            try? DurableFile.remove(path)
            try? DurableFile.remove(path + ".1")
            if !old.isEmpty { try shop.write(Array((old.joined(separator: "\n") + "\n").utf8), to: path + ".1") }
            let fresh = lines.dropFirst(old.count)
            let begun = random.chance(50) ? "half" : ""
            try append(fresh.map { $0 + "\n" }.joined() + begun)
            let wanted = Int(random.next() % 50)
            var tail = try FileTail(path, from: .beginning)
            var seen: [[UInt8]] = []
            try tail.forEachLineBackwards(stride: 1 + Int(random.next() % 50)) {
                seen.append(Array($0))
                return seen.count < max(wanted, 1)
            }
            #expect(text(seen) == Array(lines.reversed().prefix(max(wanted, 1))), "round \(round)")
            try append(" a line\nnext\n")
            #expect(text(try tail.lines()) == [begun + " a line", "next"], "round \(round)")
        }
    }

    @Test func `what is there is passed over on demand`() throws {
        try append("old\n")
        var tail = try FileTail(path)
        try append("new\n")
        #expect(text(try tail.lines()) == ["new"])
    }

    @Test func `a rotation between two readings hides no line`() throws {
        try append("1\n")
        var tail = try FileTail(path, from: .beginning)
        _ = try tail.lines()
        try append("2\n")
        try rotate(to: ".1")
        // Longer than what was read before, so that its size alone would not tell it is another file.
        try append("3 is longer\n4\n")
        #expect(text(try tail.lines()) == ["2", "3 is longer", "4"])
        #expect(try tail.lines().isEmpty)
    }

    @Test func `two rotations between two readings hide no line`() throws {
        try append("1\n")
        var tail = try FileTail(path, from: .beginning)
        _ = try tail.lines()
        try append("2\n")
        try rotate(to: ".1")
        try append("3\n")
        try rotate(".1", to: ".2")
        try rotate(to: ".1")
        try append("4\n")
        #expect(text(try tail.lines()) == ["2", "3", "4"])
    }

    @Test func `a log that is not there yet is waited for`() throws {
        var tail = try FileTail(path)
        #expect(try tail.lines().isEmpty)
        try append("1\n")
        #expect(text(try tail.lines()) == ["1"])
    }

    @Test func `a file that was emptied in its place is read from its beginning`() throws {
        try append("a long line\n")
        var tail = try FileTail(path)
        try DurableFile.open(path, flags: 1).truncate(to: 0)
        try append("b\n")
        #expect(text(try tail.lines()) == ["b"])
    }
}
