import Foundation
import TestSupport
import Testing

@testable import Parquet

private let readers = ProcessInfo.processInfo.environment["GATEHOUSE_READERS"]

/// What other engines read of our files, and we of theirs: `make reader-check`, which names a Python that has them.
@Suite(.enabled(if: readers != nil, "left out: make reader-check names a Python with the engines"))
struct EngineReaderTests {
    /// Reads a file with each engine and prints each column's values, a JSON list a line.
    private static let reading = """
        import json, sys
        import duckdb, polars, pyarrow.parquet
        path = sys.argv[1]
        # pyspark is not asked: it wants a Java.
        def plain(value):
            if isinstance(value, bool): return "1" if value else "0"
            if isinstance(value, (bytes, bytearray)): return bytes(value).hex()
            if hasattr(value, "timestamp"):
                if value.tzinfo is None: raise Exception("a time without zone")
                d = value - __import__("datetime").datetime(1970, 1, 1, tzinfo=__import__("datetime").timezone.utc)
                return str((d.days * 86400 + d.seconds) * 1000000 + d.microseconds)
            return None if value is None else str(value)
        def tell(engine, columns):
            for name, values in columns.items(): print(engine, name, json.dumps([plain(v) for v in values]))
        table = pyarrow.parquet.read_table(path, page_checksum_verification=True)
        tell("pyarrow", {n: table[n].to_pylist() for n in table.column_names})
        relation = duckdb.sql(f"SELECT * FROM read_parquet('{path}')")
        rows = relation.fetchall()
        tell("duckdb", {n: [r[i] for r in rows] for i, n in enumerate(relation.columns)})
        frame = polars.read_parquet(path)
        tell("polars", {n: frame[n].to_list() for n in frame.columns})
        f = pyarrow.parquet.ParquetFile(path)
        assert f.metadata.metadata[b"what"] == b"a sample", f.metadata.metadata
        for i in range(f.metadata.num_columns):
            c = f.metadata.row_group(0).column(i)
            if c.statistics is not None and c.statistics.has_min_max and c.physical_type not in ("BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY"):
                values = [v for v in table[c.path_in_schema].to_pylist() if v is not None]
                assert (c.statistics.min, c.statistics.max) == (min(values), max(values)), c
                assert c.has_offset_index and c.has_column_index, c
        # A value that is there is found by every filter and statistic.
        for name in ("i64", "u16", "name"):
            for value in {v for v in table[name].to_pylist() if v is not None}:
                wanted = sum(v == value for v in table[name].to_pylist())
                seen = duckdb.execute(f"SELECT count(*) FROM read_parquet('{path}') WHERE {name} = ?", [value]).fetchone()[0]
                assert wanted == seen, (name, value, wanted, seen)
        """

    @Test(arguments: WriterOptions.ways, [WriterOptions.PageVersion.one, .two])
    func `engines read what we write`(way: ColumnEncoding, version: WriterOptions.PageVersion) async throws {
        let python = Program(at: try #require(readers))
        try await withScratchFolder { folder in
            for (absent, level) in [(0, 3), (30, nil), (30, 9)] as [(Int, Int?)] {
                let sample = SampleColumns(rows: 450, absent: absent, distinct: 60, seed: 5)
                var options = WriterOptions.all(way, level: level, version: version)
                // DuckDB reads fixed bytes in no split form.
                if way == .byteStreamSplit { options.encodings["address"] = .plain }
                try write(try sample.file(options, groups: 2), to: "\(folder)/a.parquet")
                let result = try python.run(["-c", Self.reading, "\(folder)/a.parquet"])
                try #require(result.status == 0, "\(result.output)")
                let lines = result.output.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 2) }
                #expect(lines.count == 3 * sample.columns.count, "\(result.output.prefix(500))")
                for line in lines {
                    let index = try #require(sample.columns.firstIndex { $0.name == line[1] })
                    let seen = try JSONDecoder().decode([String?].self, from: Data(line[2].utf8))
                    let once = Self.asBytes(sample.vectors[index], sample.columns[index].type)
                    #expect(seen == once + once, "\(line[0]) \(line[1])")
                }
            }
        }
    }

    /// Values as the script prints them.
    private static func asBytes(_ vector: ColumnVector, _ type: ColumnType) -> [String?] {
        vector.told.enumerated().map { row, text in
            guard let text else { return nil }
            switch vector.values {
            case .integers(let all): return type == .uint64 ? "\(UInt64(bitPattern: all[row]))" : text
            case .fixed16(let all): return Bounds.bytes(all[row]).map(hexadecimal).joined()
            case .texts: return type == .bytes ? text.utf8.map(hexadecimal).joined() : text
            }
        }
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }

    /// Writes a file in the way that is asked for, and prints its columns.
    private static let writing = """
        import json, random, sys
        import duckdb, pyarrow, pyarrow.parquet
        path, way, codec, version = sys.argv[1:]
        random.seed(1)
        def some(make): return [None if random.random() < 0.2 else make() for _ in range(3000)]
        words = ["a" * n + "ß" for n in range(50)]
        data = {"truth": some(lambda: random.random() < 0.5), "i32": some(lambda: random.randint(-2**31, 2**31 - 1)),
            "u16": some(lambda: random.randint(0, 65535)), "i64": some(lambda: random.randint(-2**63, 2**63 - 1)),
            "u64": some(lambda: random.randint(0, 2**64 - 1)), "small": some(lambda: random.randint(0, 9)),
            "name": some(lambda: random.choice(words)), "address": some(lambda: random.randbytes(16))}
        types = {"truth": pyarrow.bool_(), "i32": pyarrow.int32(), "u16": pyarrow.uint16(), "i64": pyarrow.int64(), "u64": pyarrow.uint64(),
            "small": pyarrow.int64(), "name": pyarrow.string(), "address": pyarrow.binary(16)}
        data_table = pyarrow.table({k: pyarrow.array(v, types[k]) for k, v in data.items()})
        if way == "duckdb":
            duckdb.sql(f"COPY (SELECT * EXCLUDE address FROM data_table) TO '{path}' (FORMAT parquet, COMPRESSION {codec}, PARQUET_VERSION {version}, ROW_GROUP_SIZE 2048)")
            del data["address"]
        else:
            encodings = {"plain": {k: "PLAIN" for k in data}, "dictionary": None,
                "delta": {"i32": "DELTA_BINARY_PACKED", "u16": "DELTA_BINARY_PACKED", "i64": "DELTA_BINARY_PACKED", "u64": "DELTA_BINARY_PACKED",
                    "small": "DELTA_BINARY_PACKED", "name": "DELTA_LENGTH_BYTE_ARRAY", "truth": "RLE", "address": "DELTA_BYTE_ARRAY"},
                "prefixes": {"name": "DELTA_BYTE_ARRAY"},
                "split": {"i32": "BYTE_STREAM_SPLIT", "u16": "BYTE_STREAM_SPLIT", "i64": "BYTE_STREAM_SPLIT", "address": "BYTE_STREAM_SPLIT"}}[way]
            pyarrow.parquet.write_table(data_table, path, compression=codec, data_page_version=version, use_dictionary=way == "dictionary",
                column_encoding=encodings, write_page_index=True, write_page_checksum=True, data_page_size=2000, row_group_size=1700)
        def plain(v):
            if isinstance(v, bool): return "1" if v else "0"
            return None if v is None else str(int.from_bytes(v, "big")) if isinstance(v, bytes) else str(v)
        for name, values in data.items(): print(name, json.dumps([plain(v) for v in values]))
        """

    @Test(arguments: [
        ["plain", "zstd", "1.0"], ["plain", "snappy", "2.0"], ["plain", "none", "1.0"], ["dictionary", "zstd", "2.0"],
        ["dictionary", "snappy", "1.0"], ["delta", "zstd", "2.0"], ["delta", "snappy", "1.0"],
        ["prefixes", "zstd", "1.0"],
        ["split", "zstd", "1.0"], ["split", "snappy", "2.0"], ["duckdb", "zstd", "v1"], ["duckdb", "snappy", "v2"],
        ["duckdb", "zstd", "v2"],
    ]) func `we read what engines write`(arguments: [String]) async throws {
        let python = Program(at: try #require(readers))
        try await withScratchFolder { folder in
            let path = "\(folder)/theirs.parquet"
            let result = try python.run(["-c", Self.writing, path] + arguments)
            try #require(result.status == 0, "\(result.output)")
            let file = try ParquetFile(path: path)
            var random = SplitMix64(seed: 3)
            for line in result.output.split(separator: "\n").map({ $0.split(separator: " ", maxSplits: 1) }) {
                let wanted = try JSONDecoder().decode([String?].self, from: Data(line[1].utf8))
                let column = try #require(file.index(of: String(line[0])))
                var seen: [String?] = []
                for group in 0..<file.groupCount {
                    _ = try file.bloomFilter(column, group: group)
                    let whole = try told(file, column, group, 0..<file.rowCount(ofGroup: group))
                    seen += whole
                    let start = Int.random(in: 0..<whole.count, using: &random)
                    let end = Int.random(in: start...whole.count, using: &random)
                    #expect(try told(file, column, group, start..<end) == Array(whole[start..<end]))
                }
                #expect(seen == wanted, "\(line[0])")
            }
        }
    }

    private func told(_ file: ParquetFile, _ column: Int, _ group: Int, _ rows: Range<Int>) throws -> [String?] {
        let vector = try file.read(column, group: group, rows: rows)
        guard case .integers(let all) = vector.values, file.columns[column].type == .uint64 else { return vector.told }
        return all.indices.map { vector.isPresent($0) ? "\(UInt64(bitPattern: all[$0]))" : nil }
    }
}
