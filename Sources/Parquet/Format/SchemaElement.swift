/// A node of the schema tree, as the footer lists it.
struct SchemaElement: Hashable, Sendable {
    enum Repetition: Int, Hashable, Sendable {
        case required = 0
        case optional = 1
        case repeated = 2
    }

    var type: PhysicalType?
    var length: Int?
    var repetition: Repetition?
    var name = ""
    var childCount: Int?
    var convertedType: Int?
    var fieldID: Int?
    var logicalType: LogicalType?

    /// The logical types that columns of ours have; another one by its number.
    enum LogicalType: Hashable, Sendable {
        case string
        case integer(bits: Int, isSigned: Bool)
        case timestamp(isUTC: Bool, unit: Int)
        case other(Int)
    }

    init(root children: Int) {
        name = "schema"
        childCount = children
    }

    init(_ column: Column) {
        name = column.name
        type = column.type.physical
        fieldID = column.fieldID
        repetition = column.isOptional ? .optional : .required
        switch column.type {
        case .boolean, .bytes, .other: break
        case .int32: (convertedType, logicalType) = (17, .integer(bits: 32, isSigned: true))
        case .uint8: (convertedType, logicalType) = (11, .integer(bits: 8, isSigned: false))
        case .uint16: (convertedType, logicalType) = (12, .integer(bits: 16, isSigned: false))
        case .uint32: (convertedType, logicalType) = (13, .integer(bits: 32, isSigned: false))
        case .int64: (convertedType, logicalType) = (18, .integer(bits: 64, isSigned: true))
        case .uint64: (convertedType, logicalType) = (14, .integer(bits: 64, isSigned: false))
        case .timestamp: (convertedType, logicalType) = (10, .timestamp(isUTC: true, unit: 2))
        case .fixed16: length = 16
        case .string: (convertedType, logicalType) = (0, .string)
        }
    }

    func write(to writer: inout CompactWriter) {
        writer.field(1, i32: type?.rawValue)
        writer.field(2, i32: length)
        writer.field(3, i32: repetition?.rawValue)
        writer.field(4, text: name)
        writer.field(5, i32: childCount)
        writer.field(6, i32: convertedType)
        writer.field(9, i32: fieldID)
        guard let logicalType else { return }
        writer.field(10) { writer in
            switch logicalType {
            case .string: writer.field(1) { _ in }
            case .timestamp(let isUTC, let unit):
                writer.field(8) {
                    $0.field(1, isUTC)
                    $0.field(2) { $0.field(Int16(unit)) { _ in } }
                }
            case .integer(let bits, let isSigned):
                writer.field(10) {
                    $0.field(1, byte: Int8(bits))
                    $0.field(2, isSigned)
                }
            case .other: break
            }
        }
    }

    init(_ reader: inout CompactReader) throws(ParquetError) {
        var element = SchemaElement(root: 0)
        (element.name, element.childCount) = ("", nil)
        try reader.structure { (reader, field, type) throws(ParquetError) in
            switch field {
            case 1: element.type = try reader.code(type, of: PhysicalType.self, "type")
            case 2: element.length = try reader.natural(type)
            case 3: element.repetition = try reader.code(type, of: Repetition.self, "repetition")
            case 4: element.name = try reader.text(type)
            case 5: element.childCount = try reader.natural(type)
            case 6: element.convertedType = try reader.integer(type)
            case 9: element.fieldID = try reader.integer(type)
            case 10: element.logicalType = try Self.logicalType(&reader)
            default: return false
            }
            return true
        }
        self = element
    }

    private static func logicalType(_ reader: inout CompactReader) throws(ParquetError) -> LogicalType? {
        var logical: LogicalType?
        try reader.structure { (reader, field, _) throws(ParquetError) in
            switch field {
            case 1:
                logical = .string
                return false
            case 8:
                var (isUTC, unit) = (false, 0)
                try reader.structure { (reader, field, type) throws(ParquetError) in
                    switch field {
                    case 1: isUTC = try reader.truth(type)
                    case 2:
                        try reader.structure { (_, field, _) throws(ParquetError) in
                            unit = Int(field)
                            return false
                        }
                    default: return false
                    }
                    return true
                }
                logical = .timestamp(isUTC: isUTC, unit: unit)
            case 10:
                var (bits, isSigned) = (0, false)
                try reader.structure { (reader, field, type) throws(ParquetError) in
                    switch field {
                    case 1: bits = try reader.integer(type)
                    case 2: isSigned = try reader.truth(type)
                    default: return false
                    }
                    return true
                }
                logical = .integer(bits: bits, isSigned: isSigned)
            default:
                logical = .other(Int(field))
                return false
            }
            return true
        }
        return logical
    }

    /// What the values of this leaf are.
    var columnType: ColumnType {
        switch type {
        case .boolean: .boolean
        case .int32: int32
        case .int64: int64
        case .fixedLengthByteArray: length == 16 && isPlain ? .fixed16 : .other("fixed bytes")
        case .byteArray: isText ? .string : isPlain ? .bytes : .other("annotated bytes")
        case .int96: .other("INT96")
        case .float: .other("FLOAT")
        case .double: .other("DOUBLE")
        case nil: .other("group")
        }
    }

    /// Nothing, or nothing that changes the value's bytes (an enumeration, JSON, a UUID), is said beyond the type.
    private var isPlain: Bool {
        switch logicalType {
        case nil: convertedType == nil
        case .other(let number): [4, 12, 14].contains(number)
        case .string, .integer, .timestamp: false
        }
    }

    private var isText: Bool { logicalType == .string || convertedType == 0 }

    private var int32: ColumnType {
        switch (logicalType, convertedType) {
        case (nil, nil), (.integer(_, isSigned: true), _), (nil, 15), (nil, 16), (nil, 17): .int32
        case (.integer(8, isSigned: false), _), (nil, 11): .uint8
        case (.integer(16, isSigned: false), _), (nil, 12): .uint16
        case (.integer(32, isSigned: false), _), (nil, 13): .uint32
        default: .other("annotated INT32")
        }
    }

    private var int64: ColumnType {
        switch (logicalType, convertedType) {
        case (nil, nil), (.integer(64, isSigned: true), _), (nil, 18): .int64
        case (.integer(64, isSigned: false), _), (nil, 14): .uint64
        case (.timestamp(isUTC: true, unit: 2), _), (nil, 10): .timestamp
        default: .other("annotated INT64")
        }
    }
}
