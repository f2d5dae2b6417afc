import Host
import Model
import Records

/// Records that a receiver refused for good, each with the reason, until somebody sends them again or they grow beyond their bound.
///
/// A line is `{"at":"…","source":"events","reason":"…","record":{…}}`; the record is the line as it was read.
struct DeadLetters {
    private static let seam = Array(",\"record\":".utf8)

    private let files: SinkFiles

    init(_ files: SinkFiles) { self.files = files }

    /// Puts letters on disk; when this returns they are there.
    ///
    /// - Returns: How many found no room, because the file has its bound.
    func add(_ letters: [(source: SinkSource, line: ArraySlice<UInt8>, reason: String)]) throws(SystemError) -> Int {
        guard !letters.isEmpty else { return 0 }
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        var room = Limit.deadLetters.bound - (try DurableFile.size(files.refused))
        var lines = ByteLine(capacity: 4096)
        var left = 0
        for letter in letters {
            var line = ByteLine(capacity: letter.line.count + 256)
            line.append("{\"at\":")
            line.append(jsonInstant: now)
            line.append(jsonMember: "source", letter.source.rawValue)
            line.append(jsonMember: "reason", Limit.failureText.cut(letter.reason))
            line.append(Self.seam)
            line.append(letter.line)
            line.append("}\n")
            guard line.count <= room else {
                left += 1
                continue
            }
            room -= line.count
            lines.append(line.bytes)
        }
        let file = try DurableFile.openForAppending(files.refused)
        try file.writeAll(lines.bytes)
        try file.synchronize()
        return left
    }

    /// Has all that is there sent again: moves it to what is being sent, behind what is there already.
    func beginReplay() throws(SystemError) {
        guard let bytes = try DurableFile.read(files.refused), !bytes.isEmpty else { return }
        if DurableFile.exists(files.replay) {
            let file = try DurableFile.openForAppending(files.replay)
            try file.writeAll(bytes)
            try file.synchronize()
            try DurableFile.remove(files.refused)
        } else {
            try DurableFile.rename(files.refused, to: files.replay)
            try DurableFile.synchronizeFolder(of: files.replay)
        }
    }

    var count: Int {
        let bytes = (try? DurableFile.read(files.refused)) ?? nil
        return bytes?.count { $0 == UInt8(ascii: "\n") } ?? 0
    }

    /// The source and the record of a letter; nil for a line that is none.
    static func record(_ bytes: [UInt8], _ line: Range<Int>) -> (SinkSource, Range<Int>)? {
        // In a text of JSON the seam's quotes would be escaped: the first is the letter's own.
        guard line.count > seam.count, bytes[line.upperBound - 1] == UInt8(ascii: "}") else { return nil }
        var index = line.lowerBound
        while index + seam.count < line.upperBound {
            if bytes[index] == UInt8(ascii: ","), bytes[index..<(index + seam.count)].elementsEqual(seam) {
                let head = String(decoding: bytes[line.lowerBound..<index], as: UTF8.self)
                let source = SinkSource.allCases.first { head.contains("\"source\":\"\($0.rawValue)\"") }
                return source.map { ($0, (index + seam.count)..<(line.upperBound - 1)) }
            }
            index += 1
        }
        return nil
    }
}
