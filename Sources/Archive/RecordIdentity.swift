import Parquet

/// Identities of imported records: 96 bits, as text of 24 hexadecimal digits.
package enum RecordIdentity {
    private static let digits = Array("0123456789abcdef".utf8)
    private static let length = 24

    /// The texts of all identities, one an entry.
    static func vector(_ ids: [UInt128]) -> ColumnVector {
        var table = TextTable()
        table.reserve(texts: ids.count, bytes: ids.count * length)
        var text = [UInt8](repeating: 0, count: length)
        for id in ids {
            for place in 0..<length {
                text[place] = digits[Int(truncatingIfNeeded: id >> UInt128(4 * (length - 1 - place))) & 15]
            }
            table.append(text[...])
        }
        return ColumnVector(.texts(codes: Array(0..<UInt32(ids.count)), table: table))
    }

    /// Ids of a host's records: `HOST:SEQUENCE`.
    static func vector(host: String, _ sequences: [UInt64]) -> ColumnVector {
        var table = TextTable()
        for sequence in sequences { table.append("\(host):\(sequence)") }
        return ColumnVector(.texts(codes: Array(0..<UInt32(sequences.count)), table: table))
    }

    /// The number in an id of this host's; nil for ids of others.
    package static func sequence(_ text: ArraySlice<UInt8>, host: [UInt8]) -> UInt64? {
        guard text.starts(with: host), text.dropFirst(host.count).first == UInt8(ascii: ":") else { return nil }
        return UInt64(String(decoding: text.dropFirst(host.count + 1), as: UTF8.self))
    }

    /// Reads a text; nil for ids of another kind.
    package static func parse(_ text: ArraySlice<UInt8>) -> UInt128? {
        guard text.count == length else { return nil }
        var value: UInt128 = 0
        for byte in text {
            switch byte {
            case 0x30...0x39: value = value << 4 | UInt128(byte - 0x30)
            case 0x61...0x66: value = value << 4 | UInt128(byte - 0x61 + 10)
            default: return nil
            }
        }
        return value
    }
}
