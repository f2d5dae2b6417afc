import Archive
import Model
import Records

/// Reads the values of fields, strictly: a number over its type is none, and nothing is wrapped or clamped.
enum FieldValues {
    /// A number without sign, of at most `most`.
    static func number(_ text: ArraySlice<UInt8>, _ name: String, most: UInt64 = .max) throws(BadLine) -> UInt64 {
        var value: UInt64 = 0
        guard !text.isEmpty, text.count <= 20 else { throw BadLine("\(name): \"\(shown(text))\" is no number") }
        for byte in text {
            guard (0x30...0x39).contains(byte) else {
                throw BadLine("\(name): \"\(shown(text))\" is no number")
            }
            let (product, isBeyond) = value.multipliedReportingOverflow(by: 10)
            let (sum, isFurther) = product.addingReportingOverflow(UInt64(byte - 0x30))
            guard !isBeyond, !isFurther else { throw BadLine("\(name): \(shown(text)) is over \(most)") }
            value = sum
        }
        guard value <= most else { throw BadLine("\(name): \(value) is over \(most)") }
        return value
    }

    static func address(_ text: ArraySlice<UInt8>, _ name: String) throws(BadLine) -> UInt128 {
        guard let address = IPAddress(utf8: text.span) else {
            throw BadLine("\(name): \"\(shown(text))\" is no address")
        }
        return UInt128(address)
    }

    /// Whole seconds since 1970 as microseconds.
    static func seconds(_ text: ArraySlice<UInt8>, _ name: String) throws(BadLine) -> Int64 {
        // The year 9999 is the last that times are written of.
        let seconds = try number(text, name, most: 253_402_300_799)
        return Int64(seconds) * 1_000_000
    }

    /// Seconds with a fraction, as microseconds; what is beyond is cut off.
    static func decimalSeconds(_ text: ArraySlice<UInt8>, _ name: String) throws(BadLine) -> Int64 {
        let parts = text.split(separator: UInt8(ascii: "."), maxSplits: 1, omittingEmptySubsequences: false)
        var microseconds = try seconds(parts[0], name)
        guard parts.count == 2 else { return microseconds }
        guard !parts[1].isEmpty, parts[1].allSatisfy({ (0x30...0x39).contains($0) }) else {
            throw BadLine("\(name): \"\(shown(text))\" is no number")
        }
        var factor: Int64 = 100_000
        for byte in parts[1].prefix(6) {
            microseconds += Int64(byte - 0x30) * factor
            factor /= 10
        }
        return microseconds
    }

    /// RFC 3339 as microseconds; nanoseconds are cut.
    static func instant(_ text: ArraySlice<UInt8>, _ name: String) throws(BadLine) -> Int64 {
        guard let instant = TimeText.instant(String(decoding: text, as: UTF8.self)) else {
            throw BadLine("\(name): \"\(shown(text))\" is no time")
        }
        return instant.nanoseconds / 1000
    }

    /// A text as an error shows it: short, on one line.
    static func shown(_ text: ArraySlice<UInt8>) -> String {
        let cut = String(decoding: text.prefix(60), as: UTF8.self) + (text.count > 60 ? "…" : "")
        return String(cut.map { $0.isNewline || $0 == "\t" ? " " : $0 })
    }
}

extension FlowBatch {
    mutating func set(_ column: FlowColumn, number: UInt64) {
        set(column.ordinal, integer: Int64(bitPattern: number))
    }

    mutating func set(_ column: FlowColumn, instant microseconds: Int64) { set(column.ordinal, integer: microseconds) }
    mutating func set(_ column: FlowColumn, address: UInt128) { set(column.ordinal, address: address) }
    mutating func set(_ column: FlowColumn, text: ArraySlice<UInt8>) { set(column.ordinal, text: text) }
    mutating func set(_ column: FlowColumn, text: String) { set(column.ordinal, text: text) }

    /// Sets the protocol's name and number.
    mutating func set(transport number: UInt8) {
        set(.transportNumber, number: UInt64(number))
        set(.transport, text: Self.transports[Int(number)][...])
    }

    private static let transports = (0...UInt8.max).map {
        Array(TransportProtocol(rawValue: $0).description.utf8)
    }

    /// Sets start and end, which must not be turned.
    mutating func set(start: Int64, end: Int64) throws(BadLine) {
        guard end >= start else { throw BadLine("the end is before the start") }
        set(.start, instant: start)
        set(.end, instant: end)
    }
}
