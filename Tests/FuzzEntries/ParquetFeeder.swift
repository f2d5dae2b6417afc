import Parquet

/// Feeds bytes to the Parquet reader as a file, with little memory allowed.
enum ParquetFeeder {
    static func feed(_ bytes: [UInt8]) throws {
        do throws(ParquetError) {
            let file = try ParquetFile("fuzz", ByteSource(bytes), limit: 1 << 20)
            for group in 0..<min(file.groupCount, 4) {
                for column in file.columns.indices.prefix(16) { try read(file, column, group) }
            }
        } catch {
            // Refusing is right; the error must be able to tell itself.
            _ = "\(error)"
        }
    }

    private static func read(_ file: ParquetFile, _ column: Int, _ group: Int) throws(ParquetError) {
        let rows = file.rowCount(ofGroup: group)
        // A column that is refused keeps none of the others from being read.
        do throws(ParquetError) { _ = try file.pages(column, group: group) } catch { _ = "\(error)" }
        do throws(ParquetError) { _ = try file.bloomFilter(column, group: group) } catch { _ = "\(error)" }
        do throws(ParquetError) { _ = try file.read(column, group: group, rows: rows / 4..<rows / 2) } catch {
            _ = "\(error)"
        }
        let vector: ColumnVector
        do throws(ParquetError) { vector = try file.read(column, group: group) } catch { return }
        if case .texts(let codes, let table) = vector.values {
            for row in 0..<vector.count where vector.isPresent(row) { _ = table[codes[row]].count }
        }
    }

    static func seeds() throws -> [[UInt8]] {
        let columns = [
            Column("truth", .boolean), Column("port", .uint16), Column("bytes", .uint64), Column("start", .timestamp),
            Column("address", .fixed16), Column("rule", .string),
        ]
        let vectors = [
            ColumnVector(integers: (0..<40).map { $0 % 3 == 0 ? nil : $0 % 2 }),
            ColumnVector(integers: (0..<40).map { $0 * 1000 % 65_536 }),
            ColumnVector(integers: (0..<40).map { $0 % 5 == 0 ? nil : 1 << $0 }),
            ColumnVector(integers: (0..<40).map { 1_800_000_000_000_000 + $0 * 977 }),
            ColumnVector(fixed16: (0..<40).map { 0xffff_0a00_0001 + $0 % 7 }),
            ColumnVector(texts: (0..<40).map { $0 % 4 == 0 ? nil : "rule \($0 % 6)" }),
        ]
        let ways: [ColumnEncoding] = [.plain, .dictionary(otherwise: .plain), .delta, .byteStreamSplit]
        return try ways.enumerated().map { number, way in
            var options = WriterOptions()
            options.hasChecksums = false
            options.level = number % 2 == 0 ? nil : 1
            options.pageVersion = number < 2 ? .one : .two
            options.rowsOfPage = 16
            options.blooms = ["address", "bytes"]
            let fits: [String] =
                switch way {
                case .plain: columns.map(\.name)
                case .dictionary: ["port", "bytes", "start", "address", "rule"]
                case .delta: ["port", "bytes", "start", "rule"]
                case .byteStreamSplit: ["port", "bytes", "start", "address"]
                }
            for name in fits { options.encodings[name] = way }
            var writer = try ParquetWriter(columns, options)
            try writer.append(vectors)
            writer.finish(metadata: ["seed": "\(number)"])
            return writer.takeBytes()
        }
    }
}
