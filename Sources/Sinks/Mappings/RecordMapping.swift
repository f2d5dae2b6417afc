import Model
import Records

/// One way of writing a record. A further one is one file, and one line in `SinkFormat.mapping`.
protocol RecordMapping: Sendable {
    /// Writes the record without a line feed, and none within.
    func append(_ record: RecordFields, to line: inout ByteLine)
}

extension SinkFormat {
    var mapping: any RecordMapping {
        switch self {
        case .json: GatehouseJSON()
        case .ecs: ECSMapping()
        case .ocsf: OCSFMapping()
        case .cef: CEFMapping()
        case .leef: LEEFMapping()
        case .rfc5424: StructuredDataMapping()
        }
    }

    /// Whether what it writes is one JSON object.
    var isJSON: Bool {
        switch self {
        case .json, .ecs, .ocsf: true
        case .cef, .leef, .rfc5424: false
        }
    }
}

/// Gatehouse's own form: the record's line, with what it is and its id in front.
struct GatehouseJSON: RecordMapping {
    func append(_ record: RecordFields, to line: inout ByteLine) {
        switch record.sort {
        case .audit, .finding: return line.append(record.line)
        case .flow: line.append("{\"kind\":\"flow\"")
        case .event, .summary:
            line.append("{\"kind\":\"")
            line.append(record.sort.word.description)
            line.append("\",\"id\":\"")
            record.appendID(to: &line)
            line.append(UInt8(ascii: "\""))
        }
        let rest = record.line.dropFirst(record.sort == .summary ? "{\"kind\":\"summary\"".utf8.count : 1)
        if rest.first != UInt8(ascii: ","), rest.count > 1 { line.append(UInt8(ascii: ",")) }
        line.append(rest)
    }
}

/// Values of others' making, cut and escaped for the line that they go into.
///
/// Beyond `longest` bytes a value is cut, with `…` at its end: receivers of syslog take 8 kB, and some less.
enum MappedText {
    static let longest = 1024

    /// A value in at most `longest` bytes, and whether something was cut off.
    static func cut(_ value: ArraySlice<UInt8>) -> (ArraySlice<UInt8>, Bool) {
        guard value.count > longest else { return (value, false) }
        var end = value.startIndex + longest - 3
        // Not within a character.
        while end > value.startIndex, value[end] & 0xc0 == 0x80 { end -= 1 }
        return (value[..<end], true)
    }
}

extension ByteLine {
    /// Writes a value; `escape` is asked of each byte that is not plain, and gives what stands for it.
    @inline(__always) mutating func append(
        mapped value: ArraySlice<UInt8>, _ isPlain: (UInt8) -> Bool, _ escape: (UInt8, inout ByteLine) -> Void
    ) {
        let (value, isCut) = MappedText.cut(value)
        // Most values are plain, and are copied as a whole.
        var start = value.startIndex
        for index in value.indices where !isPlain(value[index]) {
            if index > start { append(value[start..<index]) }
            escape(value[index], &self)
            start = index + 1
        }
        if start < value.endIndex { append(value[start...]) }
        if isCut { append("…") }
    }

    mutating func append(milliseconds nanoseconds: Int64) { append(decimal: Int(nanoseconds / 1_000_000)) }
}
