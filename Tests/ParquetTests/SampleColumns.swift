import TestSupport

@testable import Parquet

/// Random columns of every type, the same for the same seed.
struct SampleColumns {
    static let types: [(name: String, type: ColumnType)] = [
        ("truth", .boolean), ("i32", .int32), ("u8", .uint8), ("u16", .uint16), ("u32", .uint32), ("i64", .int64),
        ("u64", .uint64), ("at", .timestamp), ("address", .fixed16), ("name", .string), ("raw", .bytes),
    ]

    let columns: [Column]
    let vectors: [ColumnVector]

    /// Columns of so many rows, of whose values `absent` per cent are absent; without any the columns are required. A column
    /// has about `distinct` distinct values.
    init(rows: Int, absent: Int, distinct: Int, seed: UInt64) {
        var random = SplitMix64(seed: seed)
        columns = Self.types.map { Column($0.name, $0.type, isOptional: absent > 0) }
        vectors = Self.types.map { Self.vector($0.type, rows, absent, distinct, &random) }
    }

    private static func vector(
        _ type: ColumnType, _ rows: Int, _ absent: Int, _ distinct: Int, _ random: inout SplitMix64
    ) -> ColumnVector {
        switch type {
        case .fixed16:
            let choices = (0..<distinct).map { _ in UInt128(random.next()) << 64 | UInt128(random.next()) }
            return ColumnVector(fixed16: (0..<rows).map { _ in random.chance(absent) ? nil : random.pick(choices) })
        case .string, .bytes:
            let choices = (0..<distinct).map { number in
                String(repeating: random.pick(["a", "ä", "z", "~", "漢"]), count: Int(random.next() % 80)) + "\(number)"
            }
            return ColumnVector(texts: (0..<rows).map { _ in random.chance(absent) ? nil : random.pick(choices) })
        case .boolean, .int32, .uint8, .uint16, .uint32, .int64, .uint64, .timestamp, .other:
            let choices = (0..<distinct).map { _ in number(type, &random) }
            return ColumnVector(integers: (0..<rows).map { _ in random.chance(absent) ? nil : random.pick(choices) })
        }
    }

    private static func number(_ type: ColumnType, _ random: inout SplitMix64) -> Int64 {
        let bits = random.next() >> (random.next() % 64)
        return switch type {
        case .boolean: Int64(bits & 1)
        case .uint8: Int64(UInt8(truncatingIfNeeded: bits))
        case .uint16: Int64(UInt16(truncatingIfNeeded: bits))
        case .uint32: Int64(UInt32(truncatingIfNeeded: bits))
        case .int32: Int64(Int32(truncatingIfNeeded: random.chance(50) ? bits : ~bits))
        // Engines show times of four-digit years.
        case .timestamp: Int64(bits % 4_000_000_000_000_000)
        case .int64, .uint64, .fixed16, .string, .bytes, .other:
            Int64(bitPattern: random.chance(50) ? bits : ~bits)
        }
    }

    /// A file of these columns, `groups` times.
    func file(_ options: WriterOptions, groups: Int = 1) throws -> [UInt8] {
        var writer = try ParquetWriter(columns, options)
        var bytes: [UInt8] = []
        for _ in 0..<groups {
            try writer.append(vectors)
            bytes += writer.takeBytes()
        }
        writer.finish(metadata: ["what": "a sample", "empty": ""])
        return bytes + writer.takeBytes()
    }
}

extension ColumnVector {
    /// The values as text, so that vectors with different tables can be compared.
    var told: [String?] {
        (0..<count).map { row in
            guard isPresent(row) else { return nil }
            return switch values {
            case .integers(let all): "\(all[row])"
            case .fixed16(let all): "\(all[row])"
            case .texts(let codes, let table): table.text(codes[row])
            }
        }
    }
}

extension WriterOptions {
    /// The ways in which columns of all types can be written.
    static let ways: [ColumnEncoding] = [.plain, .dictionary(otherwise: .plain), .delta, .byteStreamSplit]

    /// Each column written in one way, where that way fits its type.
    static func all(_ encoding: ColumnEncoding, level: Int? = 3, version: PageVersion = .one) -> WriterOptions {
        var options = WriterOptions()
        options.level = level
        options.pageVersion = version
        options.rowsOfPage = 100
        for (name, type) in SampleColumns.types { options.encodings[name] = encoding.fits(type) ? encoding : .plain }
        options.blooms = ["i64", "address", "name", "u16"]
        return options
    }
}
