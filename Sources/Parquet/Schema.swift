/// What the values of a column are.
package enum ColumnType: Hashable, Sendable {
    case boolean
    case int32
    case uint8
    case uint16
    case uint32
    case int64
    case uint64
    /// Microseconds since 1970, in UTC.
    case timestamp
    /// Sixteen bytes, such as an IPv6 address.
    case fixed16
    case string
    /// Bytes that are not said to be text.
    case bytes
    /// A type that files may have and this reader does not read; the name says which.
    case other(String)

    var physical: PhysicalType? {
        switch self {
        case .boolean: .boolean
        case .int32, .uint8, .uint16, .uint32: .int32
        case .int64, .uint64, .timestamp: .int64
        case .fixed16: .fixedLengthByteArray
        case .string, .bytes: .byteArray
        case .other: nil
        }
    }

    /// Whether values are ordered as unsigned numbers.
    var isUnsigned: Bool {
        switch self {
        case .uint8, .uint16, .uint32, .uint64, .boolean: true
        case .int32, .int64, .timestamp, .fixed16, .string, .bytes, .other: false
        }
    }

    /// The bits that a number of the type may use; nil where it is no number.
    var width: Int? {
        switch self {
        case .boolean: 1
        case .uint8: 8
        case .uint16: 16
        case .int32, .uint32: 32
        case .int64, .uint64, .timestamp: 64
        case .fixed16, .string, .bytes, .other: nil
        }
    }
}

/// A column of a file: its name, what its values are, whether they may be absent.
package struct Column: Hashable, Sendable {
    package let name: String
    package let type: ColumnType
    package let isOptional: Bool
    /// The number by which tables know the column, whatever its name; nil is none.
    package let fieldID: Int?

    package init(_ name: String, _ type: ColumnType, isOptional: Bool = true, fieldID: Int? = nil) {
        self.name = name
        self.type = type
        self.isOptional = isOptional
        self.fieldID = fieldID
    }
}
