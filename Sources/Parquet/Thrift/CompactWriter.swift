/// Writes Thrift's compact protocol, as Parquet's headers and footers have it.
///
/// Fields are written in rising order of their numbers; what is nil is left out.
struct CompactWriter {
    private(set) var bytes: [UInt8] = []
    private var lastField: Int16 = 0
    private var outerFields: [Int16] = []

    /// Types of the protocol, as their codes stand in field headers.
    enum FieldType: UInt8 {
        case yes = 1
        case no = 2
        case byte = 3
        case i16 = 4
        case i32 = 5
        case i64 = 6
        case double = 7
        case binary = 8
        case list = 9
        case set = 10
        case map = 11
        case structure = 12
    }

    mutating func field(_ number: Int16, _ value: Bool?) {
        guard let value else { return }
        header(number, value ? .yes : .no)
    }

    mutating func field(_ number: Int16, byte value: Int8) {
        header(number, .byte)
        bytes.append(UInt8(bitPattern: value))
    }

    mutating func field(_ number: Int16, i16 value: Int16) {
        header(number, .i16)
        zigzag(Int64(value))
    }

    mutating func field(_ number: Int16, i32 value: Int?) {
        guard let value else { return }
        header(number, .i32)
        zigzag(Int64(value))
    }

    mutating func field(_ number: Int16, i64 value: Int?) {
        guard let value else { return }
        header(number, .i64)
        zigzag(Int64(value))
    }

    mutating func field(_ number: Int16, binary value: [UInt8]?) {
        guard let value else { return }
        header(number, .binary)
        binary(value)
    }

    mutating func field(_ number: Int16, text value: String?) { field(number, binary: value.map { Array($0.utf8) }) }

    mutating func field(_ number: Int16, _ body: (inout CompactWriter) -> Void) {
        header(number, .structure)
        structure(body)
    }

    mutating func list<Element>(
        _ number: Int16, _ type: FieldType, _ elements: [Element]?, _ body: (inout CompactWriter, Element) -> Void
    ) {
        guard let elements else { return }
        header(number, .list)
        if elements.count < 15 {
            bytes.append(UInt8(elements.count) << 4 | type.rawValue)
        } else {
            bytes.append(0xf0 | type.rawValue)
            varint(UInt64(elements.count))
        }
        for element in elements { body(&self, element) }
    }

    mutating func structures<Element>(
        _ number: Int16, _ elements: [Element]?, _ body: (inout CompactWriter, Element) -> Void
    ) {
        list(number, .structure, elements) { writer, element in writer.structure { body(&$0, element) } }
    }

    mutating func i64s(_ number: Int16, _ elements: [Int]?) {
        list(number, .i64, elements) { $0.zigzag(Int64($1)) }
    }

    /// A structure by itself: a header or a footer, or an element of a list.
    mutating func structure(_ body: (inout CompactWriter) -> Void) {
        outerFields.append(lastField)
        lastField = 0
        body(&self)
        bytes.append(0)
        lastField = outerFields.removeLast()
    }

    mutating func binary(_ value: [UInt8]) {
        varint(UInt64(value.count))
        bytes += value
    }

    mutating func zigzag(_ value: Int64) { varint(UInt64(bitPattern: value << 1 ^ value >> 63)) }

    mutating func truth(_ value: Bool) { bytes.append(value ? 1 : 2) }

    private mutating func varint(_ value: UInt64) { bytes.appendVarint(value) }

    private mutating func header(_ number: Int16, _ type: FieldType) {
        let step = number - lastField
        if (1...15).contains(step) {
            bytes.append(UInt8(step) << 4 | type.rawValue)
        } else {
            bytes.append(type.rawValue)
            zigzag(Int64(number))
        }
        lastField = number
    }
}

extension [UInt8] {
    /// Seven bits a byte, the lowest first (LEB128).
    mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }
}
