import Delivery
import Foundation
import Model
import Records
import TestSupport
import Testing

private let readers = ProcessInfo.processInfo.environment["GATEHOUSE_READERS"]

/// What analytics engines read of each format: `make reader-check`, which names a Python that has them.
@Suite(.ownThread, .enabled(if: readers != nil, "left out: make reader-check names a Python with the engines"))
struct EngineReaderTests {
    /// Prints packets, bytes and rows as each engine sums them up, a line each.
    private static let script = """
        import glob, gzip, io, sys
        import duckdb, pandas, polars
        folder, format = sys.argv[1:]
        if format in ("ibm", "ibm+"):
            source = f"read_json('{folder}/ibm_vpc_flowlogs_v1/**/*.gz', hive_partitioning=true)"
            flows = f"(SELECT unnest(flow_logs) AS f, * FROM {source})"
            print("duckdb", *duckdb.sql(f"SELECT sum(f.packets_from_initiator + f.packets_from_target)::BIGINT, "
                f"sum(f.bytes_from_initiator + f.bytes_from_target)::BIGINT, count(*) FROM {flows}").fetchall()[0])
        elif format == "jsonl":
            files = f"{folder}/gatehouse_flows_v1/**/*.jsonl.gz"
            source = f"read_json('{files}', format='newline_delimited', hive_partitioning=true, union_by_name=true)"
            where = "WHERE interface_id IS NOT NULL"
            print("duckdb", *duckdb.sql(f"SELECT sum(packets_from_initiator + packets_from_target)::BIGINT, "
                f"sum(bytes_from_initiator + bytes_from_target)::BIGINT, count(*) FROM {source} {where}").fetchall()[0])
            wrong = duckdb.sql(f'SELECT count(*) FROM {source} {where} AND "vnic-id" <> interface_id').fetchall()[0][0]
            lines = duckdb.sql(f"SELECT sum(gatehouse_flow_log.records)::BIGINT FROM {source}").fetchall()[0][0]
            rows = duckdb.sql(f"SELECT count(*) FROM {source} {where}").fetchall()[0][0]
            assert wrong == 0 and lines == rows, (wrong, lines, rows)
            text = b"".join(gzip.open(path).read() for path in glob.glob(files, recursive=True))
            frame = polars.read_ndjson(io.BytesIO(text), infer_schema_length=None).filter(polars.col("interface_id").is_not_null())
            print("polars", frame["packets_from_initiator"].sum() + frame["packets_from_target"].sum(),
                frame["bytes_from_initiator"].sum() + frame["bytes_from_target"].sum(), len(frame))
        else:
            files = f"{folder}/AWSLogs/**/*.log.gz"
            print("duckdb", *duckdb.sql(f"SELECT sum(packets)::BIGINT, sum(bytes)::BIGINT, count(packets) FROM "
                f"read_csv('{files}', delim=' ', header=true, nullstr='-', union_by_name=true)").fetchall()[0])
            frame = pandas.concat(pandas.read_csv(path, sep=" ", na_values="-") for path in glob.glob(files, recursive=True))
            assert set(frame[frame["packets"].isna()]["log-status"]) <= {"NODATA", "SKIPDATA"}
            print("pandas", int(frame["packets"].sum()), int(frame["bytes"].sum()), frame["packets"].count())
        """

    @Test(arguments: [
        FlowLogFormat.ibm, .ibmPlus, .jsonLines, .aws(columns: AWSField.defaultNames),
        .aws(columns: AWSField.allCases.map(\.rawValue)),
    ]) func `engines sum up what was delivered`(format: FlowLogFormat) async throws {
        try await withScratchFolder { folder in
            let revision = Estate.revision([Estate.collector(.vpc("shop"), format: format)])
            var catalogue = Catalogue()
            catalogue.learn(revision)
            let host = try SpooledHost(folder, catalogue: catalogue)
            var (sum, rows, sequence) = (Traffic.zero, 0, UInt64(0))
            for index in 0..<30 {
                var records: [FlowRecord] = []
                for interface in [Estate.interface("web-1", "eth0"), Estate.interface("db-1", "eth0")] {
                    // Every third window is silent.
                    for _ in 0..<(index % 3) * 7 {
                        sequence += 1
                        let direction: Direction = sequence % 2 == 0 ? .ingress : .egress
                        var record = Estate.record(index, interface, direction, sequence: sequence)
                        record.fromInitiator = Traffic(packets: sequence, bytes: sequence * 60)
                        records.append(record)
                    }
                }
                sum = records.reduce(sum) { $0 + $1.fromInitiator + $1.fromTarget }
                rows += records.count * (format.columns.isEmpty ? 1 : 2)
                try await host.pass(
                    index, revision, records: records, lossy: index == 4 ? Estate.interfaces : [])
            }
            let python = Program(at: try #require(readers))
            let result = try python.run(["-c", Self.script, "\(folder)/logs", format.name])
            try #require(result.status == 0, "\(result.output)")
            let lines = result.output.split(separator: "\n")
            #expect(!lines.isEmpty)
            for line in lines {
                #expect(
                    line.split(separator: " ").dropFirst().joined(separator: " ")
                        == "\(sum.packets) \(sum.bytes) \(rows)")
            }
            print("\(format.name): \(lines.joined(separator: ", "))")
        }
    }
}
