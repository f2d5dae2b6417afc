/// Reads Thrift's compact protocol. Every length is a claim that is checked against what is left.
struct CompactReader {
    typealias FieldType = CompactWriter.FieldType

    private let bytes: ArraySlice<UInt8>
    private(set) var index: Int
    private var depth = 0
    /// No sane footer is nested deeper.
    private static let deepest = 32

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    /// How many bytes were read so far.
    var consumed: Int { index - bytes.startIndex }

    private func malformed(_ words: String) -> ParquetError {
        .malformed("byte \(consumed) of the Thrift structure: \(words)")
    }

    /// Calls `take` for each field; a field that it does not read is passed over.
    mutating func structure(
        _ take: (inout CompactReader, Int16, FieldType) throws(ParquetError) -> Bool
    ) throws(ParquetError) {
        guard depth < Self.deepest else { throw malformed("structures are nested too deep") }
        depth += 1
        defer { depth -= 1 }
        var last: Int16 = 0
        while true {
            let head = try byte()
            if head == 0 { return }
            guard let type = FieldType(rawValue: head & 0x0f) else {
                throw malformed("there is no type \(head & 0x0f)")
            }
            if head >> 4 > 0 {
                let (sum, isBeyond) = last.addingReportingOverflow(Int16(head >> 4))
                guard !isBeyond else { throw malformed("the field's number is too large") }
                last = sum
            } else {
                guard let number = Int16(exactly: try zigzag()) else {
                    throw malformed("the field's number is too large")
                }
                last = number
            }
            if try !take(&self, last, type) { try skip(type) }
        }
    }

    /// Calls `take` for each element of a list, whose type must be `wanted`.
    mutating func list(
        _ wanted: FieldType, _ take: (inout CompactReader) throws(ParquetError) -> Void
    ) throws(ParquetError) {
        let (type, count) = try listHeader()
        // Truth values in lists are written as either code.
        let isTruth = (wanted == .yes || wanted == .no) && (type == .yes || type == .no)
        guard type == wanted || isTruth || count == 0 else {
            throw malformed("a list of \(type) stands where one of \(wanted) is wanted")
        }
        for _ in 0..<count { try take(&self) }
    }

    mutating func integer(_ type: FieldType) throws(ParquetError) -> Int {
        switch type {
        case .byte: Int(Int8(bitPattern: try byte()))
        case .i16, .i32, .i64: Int(try zigzag())
        case .yes, .no, .double, .binary, .list, .set, .map, .structure:
            throw malformed("a number is wanted, and \(type) found")
        }
    }

    /// A number that counts or places something.
    mutating func natural(_ type: FieldType) throws(ParquetError) -> Int {
        let value = try integer(type)
        guard value >= 0 else { throw malformed("\(value) is negative") }
        return value
    }

    mutating func truth(_ type: FieldType) throws(ParquetError) -> Bool {
        switch type {
        case .yes: true
        case .no: false
        case .byte, .i16, .i32, .i64, .double, .binary, .list, .set, .map, .structure:
            throw malformed("a truth value is wanted, and \(type) found")
        }
    }

    /// A truth value as lists have it: a byte of its own.
    mutating func listedTruth() throws(ParquetError) -> Bool { try byte() == 1 }

    mutating func binary(_ type: FieldType = .binary) throws(ParquetError) -> [UInt8] {
        guard type == .binary else { throw malformed("bytes are wanted, and \(type) found") }
        let count = try length()
        defer { index += count }
        return Array(bytes[index..<index + count])
    }

    mutating func text(_ type: FieldType = .binary) throws(ParquetError) -> String {
        String(decoding: try binary(type), as: UTF8.self)
    }

    mutating func listedNatural() throws(ParquetError) -> Int { try natural(.i64) }

    private mutating func byte() throws(ParquetError) -> UInt8 {
        guard index < bytes.endIndex else { throw malformed("it ends too early") }
        index += 1
        return bytes[index - 1]
    }

    private mutating func varint() throws(ParquetError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            let next = try byte()
            if shift == 63, next > 1 { break }
            value |= UInt64(next & 0x7f) << shift
            if next & 0x80 == 0 { return value }
        }
        throw malformed("a number has more than 64 bits")
    }

    private mutating func zigzag() throws(ParquetError) -> Int64 {
        let value = try varint()
        return Int64(bitPattern: value >> 1) ^ -Int64(bitPattern: value & 1)
    }

    /// A number of bytes that are there.
    private mutating func length() throws(ParquetError) -> Int {
        let claimed = try varint()
        guard let count = Int(exactly: claimed), count <= bytes.endIndex - index else {
            throw malformed("\(claimed) bytes are announced, and \(bytes.endIndex - index) left")
        }
        return count
    }

    private mutating func listHeader() throws(ParquetError) -> (FieldType, Int) {
        let head = try byte()
        guard let type = FieldType(rawValue: head & 0x0f) else { throw malformed("there is no type \(head & 0x0f)") }
        // Each element takes a byte at least, so a count beyond what is left is none.
        let count = head >> 4 < 15 ? Int(head >> 4) : try length()
        guard count <= bytes.endIndex - index else {
            throw malformed("a list of \(count) is announced, and \(bytes.endIndex - index) bytes left")
        }
        return (type, count)
    }

    private mutating func skip(_ type: FieldType, isListed: Bool = false) throws(ParquetError) {
        switch type {
        case .yes, .no: if isListed { _ = try byte() }
        case .byte: _ = try byte()
        case .i16, .i32, .i64: _ = try varint()
        case .double:
            for _ in 0..<8 { _ = try byte() }
        case .binary: index += try length()
        case .list, .set:
            try nested { (reader) throws(ParquetError) in
                let (type, count) = try reader.listHeader()
                for _ in 0..<count { try reader.skip(type, isListed: true) }
            }
        case .map:
            try nested { (reader) throws(ParquetError) in
                let count = try reader.length()
                guard count > 0 else { return }
                let types = try reader.byte()
                guard let key = FieldType(rawValue: types >> 4), let value = FieldType(rawValue: types & 0x0f) else {
                    throw reader.malformed("there are no types \(types)")
                }
                for _ in 0..<count {
                    try reader.skip(key, isListed: true)
                    try reader.skip(value, isListed: true)
                }
            }
        case .structure: try structure { (_, _, _) throws(ParquetError) in false }
        }
    }

    private mutating func nested(_ body: (inout CompactReader) throws(ParquetError) -> Void) throws(ParquetError) {
        guard depth < Self.deepest else { throw malformed("lists are nested too deep") }
        depth += 1
        defer { depth -= 1 }
        try body(&self)
    }
}
