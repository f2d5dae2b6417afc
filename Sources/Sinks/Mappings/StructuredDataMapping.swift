import Model
import Records

/// RFC 5424's structured data with every member of the record, and a sentence behind it.
///
/// `[gatehouse@32473 id="…" key="value" …] Session refused`: keys are those of Gatehouse's lines. In values `"`, `\` and `]` are
/// escaped by `\`, and a control character is a blank.
struct StructuredDataMapping: RecordMapping {
    func append(_ record: RecordFields, to line: inout ByteLine) {
        line.append("[gatehouse@32473 id=\"")
        line.append(mapped: record.idBytes, Self.isPlain, Self.escape)
        line.append(UInt8(ascii: "\""))
        for (key, start) in Self.members {
            guard let value = record.value(key), key != .id else { continue }
            line.append(start)
            line.append(mapped: value, Self.isPlain, Self.escape)
            line.append(UInt8(ascii: "\""))
        }
        line.append("] ")
        line.append(mapped: Array(record.sentence.utf8)[...], { $0 >= 0x20 && $0 != 0x7f }) {
            $1.append(UInt8(ascii: " "))
        }
    }

    private static let members = RecordKey.allCases.map { ($0, Array(" \($0.names[0])=\"".utf8)) }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= 0x20 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "]")
            && byte != 0x7f
    }

    private static func escape(_ byte: UInt8, _ line: inout ByteLine) {
        if byte >= 0x20, byte != 0x7f {
            line.append(UInt8(ascii: "\\"))
            line.append(byte)
        } else {
            line.append(UInt8(ascii: " "))
        }
    }
}
