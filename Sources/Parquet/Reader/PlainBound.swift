/// A bound of statistics, read as what its column holds.
package enum PlainBound: Hashable, Sendable {
    case integer(Int64, isUnsigned: Bool)
    case fixed16(UInt128)
    case text([UInt8])
    /// The bytes are no value of the type.
    case none

    init(_ bytes: [UInt8], _ type: ColumnType) {
        let slice = bytes[...]
        switch type {
        case .boolean where bytes.count == 1: self = .integer(Int64(bytes[0] & 1), isUnsigned: false)
        case .int32 where bytes.count == 4:
            self = .integer(Int64(Int32(bitPattern: slice.half(at: 0))), isUnsigned: false)
        case .uint8 where bytes.count == 4, .uint16 where bytes.count == 4, .uint32 where bytes.count == 4:
            self = .integer(Int64(slice.half(at: 0)), isUnsigned: false)
        case .int64 where bytes.count == 8, .timestamp where bytes.count == 8:
            self = .integer(Int64(bitPattern: slice.word(at: 0)), isUnsigned: false)
        case .uint64 where bytes.count == 8:
            self = .integer(Int64(bitPattern: slice.word(at: 0)), isUnsigned: true)
        case .fixed16 where bytes.count == 16: self = .fixed16(bytes.reduce(0) { $0 << 8 | UInt128($1) })
        case .string, .bytes: self = .text(bytes)
        case .boolean, .int32, .uint8, .uint16, .uint32, .int64, .timestamp, .uint64, .fixed16, .other: self = .none
        }
    }

    /// Whether this bound is the other one or before it; true as well where they cannot be compared.
    package func isNotAfter(_ other: PlainBound) -> Bool {
        switch (self, other) {
        case (.integer(let first, let isUnsigned), .integer(let second, _)):
            isUnsigned ? UInt64(bitPattern: first) <= UInt64(bitPattern: second) : first <= second
        case (.fixed16(let first), .fixed16(let second)): first <= second
        case (.text(let first), .text(let second)): !second.lexicographicallyPrecedes(first)
        case (.integer, _), (.fixed16, _), (.text, _), (.none, _): true
        }
    }
}
