import Model

/// Bytes that grow into lines: what every encoder of this room writes to.
///
/// One `ByteLine` is kept and emptied between lines, so that a busy event log allocates nothing per field. Benchmark
/// before changing: the event log passes here for each session of the host.
package struct ByteLine: Hashable, Sendable {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int = 1024) { bytes.reserveCapacity(capacity) }

    package var count: Int { bytes.count }
    package var isEmpty: Bool { bytes.isEmpty }

    /// What was written, as text; bytes that are no UTF-8 are replaced.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// Empties the line and keeps its room.
    package mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    package mutating func append(_ byte: UInt8) { bytes.append(byte) }
    package mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }
    package mutating func append(_ other: [UInt8]) { bytes.append(contentsOf: other) }
    package mutating func append(_ other: ArraySlice<UInt8>) { bytes.append(contentsOf: other) }

    package mutating func append(decimal value: UInt64) {
        guard value < 100_000_000 else {
            append(decimal: value / 100_000_000)
            append(decimal: Int(value % 100_000_000), width: 8)
            return
        }
        // Eight digits fit into one word, the first of them in its lowest byte.
        var rest = UInt32(truncatingIfNeeded: value)
        var packed: UInt64 = 0
        var digits = 0
        repeat {
            packed = packed << 8 | UInt64(UInt32(UInt8(ascii: "0")) + rest % 10)
            rest /= 10
            digits += 1
        } while rest > 0
        for _ in 0..<digits {
            bytes.append(UInt8(truncatingIfNeeded: packed))
            packed >>= 8
        }
    }

    package mutating func append(decimal value: Int) {
        if value < 0 { bytes.append(UInt8(ascii: "-")) }
        append(decimal: UInt64(value.magnitude))
    }

    /// Writes the last `width` decimal digits of a value, with zeros before them.
    package mutating func append(decimal value: Int, width: Int) {
        for _ in 0..<width { bytes.append(0) }
        fill(UInt64(value.magnitude), digits: width)
    }

    /// Writes the last `width` hexadecimal digits of a value in lower case, with zeros before them.
    package mutating func append(hexadecimal value: UInt64, width: Int) {
        var shift = UInt64(4 * width)
        while shift > 0 {
            shift -= 4
            bytes.append(Self.hexadecimalDigit(value >> shift & 0xf))
        }
    }

    static func hexadecimalDigit(_ value: UInt64) -> UInt8 {
        let digit = UInt8(truncatingIfNeeded: value)
        return digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") - 10 + digit
    }

    /// Overwrites the last `digits` bytes with decimal digits.
    private mutating func fill(_ value: UInt64, digits: Int) {
        var rest = value
        var index = bytes.count
        for _ in 0..<digits {
            index -= 1
            bytes[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}
