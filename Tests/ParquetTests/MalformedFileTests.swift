import TestSupport
import Testing

@testable import Parquet

/// No bytes trap the reader or take more memory than is allowed; what it says names file and place.
struct MalformedFileTests {
    /// Reads all that a file has.
    static func readAll(_ bytes: [UInt8], limit: Int) throws(ParquetError) {
        let file = try ParquetFile("broken.parquet", ByteSource(bytes), limit: limit)
        for group in 0..<file.groupCount {
            for column in file.columns.indices {
                _ = file.bounds(column, group: group)
                _ = try file.pages(column, group: group)
                _ = try file.bloomFilter(column, group: group)
                let rows = file.rowCount(ofGroup: group)
                let vector = try file.read(column, group: group)
                _ = vector.told
                _ = try file.read(column, group: group, rows: rows / 3..<rows / 2)
            }
        }
    }

    /// One file of each way that is asked for; few rows, for each byte of each is changed.
    private static func samples(_ ways: [ColumnEncoding] = WriterOptions.ways) throws -> [[UInt8]] {
        var samples: [[UInt8]] = []
        for (number, encoding) in ways.enumerated() {
            let sample = SampleColumns(rows: 20, absent: 25, distinct: 9, seed: UInt64(number))
            var options = WriterOptions.all(encoding, level: number > 1 ? 3 : nil)
            options.pageVersion = number % 3 == 0 ? .one : .two
            options.rowsOfPage = 16
            // What lies below the checksums is reached in every second one.
            options.hasChecksums = number % 2 == 0
            samples.append(try sample.file(options))
        }
        return samples
    }

    @Test func `samples are read whole`() throws {
        for sample in try Self.samples() { try Self.readAll(sample, limit: 1 << 20) }
    }

    @Test func `every cut is refused by name`() throws {
        for sample in try Self.samples() {
            for length in stride(from: 0, to: sample.count, by: 37) {
                do throws(ParquetError) {
                    try Self.readAll(Array(sample.prefix(length)), limit: 1 << 20)
                    Issue.record("\(length) bytes of \(sample.count) were read")
                } catch {
                    #expect(error.file == "broken.parquet")
                    #expect(!error.place.isEmpty)
                }
            }
        }
    }

    @Test func `no change of a byte traps the reader`() throws {
        var refused = 0
        for sample in try Self.samples([.dictionary(otherwise: .plain), .delta]) {
            for place in sample.indices {
                var bytes = sample
                bytes[place] ^= [0x01, 0x80, 0xff, 0x10][place % 4]
                do throws(ParquetError) {
                    try Self.readAll(bytes, limit: 1 << 20)
                } catch {
                    refused += 1
                    #expect(error.file == "broken.parquet")
                }
            }
        }
        #expect(refused > 1000)
    }

    @Test func `a changed value is found by its page's checksum`() throws {
        let sample = SampleColumns(rows: 200, absent: 0, distinct: 100, seed: 1)
        var bytes = try sample.file(.all(.plain, level: nil))
        let file = try ParquetFile("broken.parquet", ByteSource(bytes))
        let column = try #require(file.index(of: "i64"))
        bytes[file.footer.groups[0].chunks[column].dataPageOffset + 60] ^= 4
        let broken = try ParquetFile("broken.parquet", ByteSource(bytes))
        #expect {
            _ = try broken.read(column, group: 0)
        } throws: {
            let words = "\($0)"
            return words.hasPrefix("broken.parquet: column i64: row group 0: page at byte ")
                && words.contains("checksum")
        }
    }

    @Test func `what would take too much memory is refused`() throws {
        let sample = SampleColumns(rows: 5000, absent: 0, distinct: 1, seed: 1)
        let bytes = try sample.file(.all(.dictionary(otherwise: .plain)))
        let file = try ParquetFile("large.parquet", ByteSource(bytes), limit: 40_000)
        #expect { try file.read(0, group: 0) } throws: { ($0 as? ParquetError)?.kind == .tooLarge }
    }
}
