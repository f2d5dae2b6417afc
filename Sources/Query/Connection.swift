package import Archive
import Records

/// The statements that open an archive in another engine.
package enum Connection {
    /// A view `flows` in DuckDB that has the columns of records: times in UTC, `end` from start and length.
    package static func duckDB(_ folder: ArchiveFolder) -> String {
        let columns = FlowColumn.allCases.map { column -> String in
            switch (column, column.kind) {
            case (.end, _): "make_timestamp(epoch_us(\"start\") + \"\(ArchiveColumn.duration)\") AS \"end\""
            case (_, .instant): "make_timestamp(epoch_us(\"\(column.rawValue)\")) AS \"\(column.rawValue)\""
            case (_, .text), (_, .word), (_, .number), (_, .address): "\"\(column.rawValue)\""
            }
        }
        let files = "\(folder.path)/**/*.parquet".replacing("'", with: "''")
        return """
            CREATE OR REPLACE VIEW flows AS SELECT
                \(columns.joined(separator: ",\n    "))
            FROM read_parquet('\(files)', hive_partitioning = false, union_by_name = true);
            """
    }
}
