import TestSupport
import Testing

@testable import Parquet

struct RoundTripTests {
    private struct Case: CustomStringConvertible, Sendable {
        let options: WriterOptions
        let absent: Int
        let distinct: Int
        let description: String
    }

    private static let cases: [Case] = WriterOptions.ways.flatMap { encoding in
        [WriterOptions.PageVersion.one, .two].flatMap { version in
            [nil, 3].flatMap { level in
                [0, 20, 100].flatMap { absent in
                    [1, 7, 400].map { distinct in
                        Case(
                            options: .all(encoding, level: level, version: version), absent: absent, distinct: distinct,
                            description:
                                "\(encoding), pages \(version), zstd \(level ?? 0), \(absent) % absent, \(distinct)")
                    }
                }
            }
        }
    }

    @Test(arguments: cases) private func `what is written is read`(_ each: Case) throws {
        let sample = SampleColumns(rows: 753, absent: each.absent, distinct: each.distinct, seed: 7)
        let file = try ParquetFile("memory", ByteSource(try sample.file(each.options, groups: 2)))
        #expect(file.columns == sample.columns)
        #expect(file.rowCount == 2 * 753)
        #expect(file.metadata == ["what": "a sample", "empty": ""])
        for group in 0..<2 {
            for (index, vector) in sample.vectors.enumerated() {
                #expect(try file.read(index, group: group).told == vector.told, "\(sample.columns[index])")
            }
        }
    }

    @Test(arguments: [0, 30]) func `any range of rows is what those rows are`(absent: Int) throws {
        let sample = SampleColumns(rows: 1000, absent: absent, distinct: 50, seed: 3)
        var random = SplitMix64(seed: 4)
        for encoding in WriterOptions.ways {
            let file = try ParquetFile("memory", ByteSource(try sample.file(.all(encoding))))
            for _ in 0..<40 {
                let ends = [Int.random(in: 0...1000, using: &random), Int.random(in: 0...1000, using: &random)].sorted()
                let column = Int.random(in: 0..<sample.columns.count, using: &random)
                let read = try file.read(column, group: 0, rows: ends[0]..<ends[1])
                #expect(read.told == Array(sample.vectors[column].told[ends[0]..<ends[1]]))
            }
        }
    }

    @Test func `a required column does not take an absent value`() throws {
        var writer = try ParquetWriter([Column("a", .int64, isOptional: false)])
        #expect(throws: ParquetError.self) { try writer.append([ColumnVector(integers: [1, nil])]) }
    }

    @Test func `a file without rows is read`() throws {
        var writer = try ParquetWriter([Column("a", .int64)])
        writer.finish()
        let file = try ParquetFile("memory", ByteSource(writer.takeBytes()))
        #expect(file.rowCount == 0)
        #expect(file.groupCount == 0)
    }

    @Test func `an encoding that does not fit its type is refused by name`() {
        var options = WriterOptions()
        options.encodings["a"] = .byteStreamSplit
        #expect {
            _ = try ParquetWriter([Column("a", .string)], options)
        } throws: {
            "\($0)".contains("column a")
        }
    }
}
