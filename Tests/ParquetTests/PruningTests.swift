import TestSupport
import Testing

@testable import Parquet

struct PruningTests {
    private let sample = SampleColumns(rows: 1000, absent: 20, distinct: 300, seed: 11)

    private func number(_ bound: PlainBound) -> Int64? {
        if case .integer(let value, _) = bound { value } else { nil }
    }

    @Test func `bounds hold every value`() throws {
        for encoding in WriterOptions.ways {
            let file = try ParquetFile("memory", ByteSource(try sample.file(.all(encoding))))
            for (index, column) in sample.columns.enumerated() {
                let whole = file.bounds(index, group: 0)
                let pages = try #require(try file.pages(index, group: 0))
                #expect(pages.map(\.rows.count).reduce(0, +) == 1000)
                for page in [PageBounds(rows: 0..<1000, bounds: whole)] + pages {
                    let vector = sample.vectors[index].slice(page.rows)
                    #expect(page.bounds.nullCount == vector.count - vector.presentCount)
                    for row in 0..<vector.count where vector.isPresent(row) {
                        let value: PlainBound =
                            switch vector.values {
                            case .integers(let all): .integer(all[row], isUnsigned: column.type == .uint64)
                            case .fixed16(let all): .fixed16(all[row])
                            case .texts(let codes, let table): .text(Array(table[codes[row]]))
                            }
                        #expect(page.bounds.minimum != .none)
                        #expect(page.bounds.minimum.isNotAfter(value))
                        #expect(value.isNotAfter(page.bounds.maximum), "\(value) \(page.bounds.maximum)")
                    }
                }
            }
        }
    }

    @Test func `unsigned bounds are not negative ones`() throws {
        var writer = try ParquetWriter([Column("a", .uint64)])
        try writer.append([ColumnVector(integers: [5, -1, nil])])
        writer.finish()
        let file = try ParquetFile("memory", ByteSource(writer.takeBytes()))
        #expect(number(file.bounds(0, group: 0).minimum) == 5)
        #expect(number(file.bounds(0, group: 0).maximum) == -1)
    }

    @Test func `a filter has all values, and few others`() throws {
        let file = try ParquetFile("memory", ByteSource(try sample.file(.all(.plain))))
        let column = try #require(file.index(of: "i64"))
        let filter = try #require(try file.bloomFilter(column, group: 0))
        let hashes = BloomHashes(type: .int64)
        guard case .integers(let values) = sample.vectors[column].values else { return }
        for row in values.indices where sample.vectors[column].isPresent(row) {
            #expect(filter.mayContain(hashes.hash(values[row])))
        }
        var random = SplitMix64(seed: 5)
        let wrong = (0..<2000).count { _ in filter.mayContain(hashes.hash(Int64(bitPattern: random.next()))) }
        #expect(wrong < 100)
        #expect(try file.bloomFilter(try #require(file.index(of: "u8")), group: 0) == nil)
    }

    @Test func `long texts are bounded by short ones`() throws {
        var writer = try ParquetWriter([Column("a", .string)])
        let long = String(repeating: "ä", count: 100)
        try writer.append([ColumnVector(texts: [long, "b" + String(repeating: "c", count: 90)])])
        writer.finish()
        let file = try ParquetFile("memory", ByteSource(writer.takeBytes()))
        let statistics = try #require(file.footer.groups[0].chunks[0].statistics)
        #expect(statistics.isMinimumExact == false)
        #expect((statistics.minimum?.count ?? 99) <= 64)
        #expect(PlainBound.text(Array(long.utf8)).isNotAfter(.text(try #require(statistics.maximum))))
    }
}
