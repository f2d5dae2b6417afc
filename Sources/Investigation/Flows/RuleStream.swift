package import Archive
package import Host
import Parquet
import Records
package import Sigma

/// The records of an archive as Sigma rules are asked of them: hour by hour.
package struct RuleStream {
    private let folder: ArchiveFolder
    private let since: Int64
    private let until: Int64

    package init(_ folder: ArchiveFolder, since: Int64?, until: Int64?) {
        (self.folder, self.since, self.until) = (folder, since ?? .min, until ?? .max)
    }

    /// Tells what the rules find, and which files could not be read.
    package func run(_ run: inout RuleRun, _ tell: (SigmaMatch) -> Void) throws(SystemError) -> (
        records: Int, unreadable: [UnreadableFile]
    ) {
        var unreadable: [UnreadableFile] = []
        var records = 0
        for (hour, places) in try RecordStream.hours(folder, &unreadable) {
            let begin = hour * Partition.microsecondsOfHour
            guard begin < until, begin + Partition.microsecondsOfHour > since else { continue }
            for place in places {
                let (segments, bad) = try folder.open(place)
                unreadable += bad
                for segment in segments {
                    do throws(ParquetError) {
                        for group in 0..<segment.file.groupCount {
                            var columns: [FlowColumn: ColumnVector] = [:]
                            for column in run.program.columns {
                                columns[column] = try segment.read(column, group: group)
                            }
                            let batch = SigmaBatch(columns)
                            records += batch.count
                            run.take(batch, from: since, until: until)
                        }
                    } catch {
                        unreadable.append(
                            UnreadableFile(
                                file: segment.path, error: (error.place + [error.reason]).joined(separator: ": ")))
                    }
                }
            }
            run.settle(tell)
        }
        return (records, unreadable)
    }
}
