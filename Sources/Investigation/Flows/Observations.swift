package import Archive
import Parquet
import Records

/// Records that are not in files, as detections see them.
package enum Observations {
    /// The rows of a batch, whose ids are set, in the order that detections rely on.
    package static func of(_ batch: FlowBatch, _ names: inout Names) -> [Observation] {
        var columns: [FlowColumn: ColumnVector] = [:]
        for column in RecordColumns.read { columns[column] = batch.vector(column) }
        var flows: [Observation] = []
        _ = RecordColumns(columns).forEach(from: .min, until: .max, &names) { flows.append($0) }
        RecordStream.sort(&flows, names)
        return flows
    }
}
