package import Archive
package import Host
import Model
import Parquet
import Records

/// The records of an archive in one order: by their beginning, then by their id. A record that is there twice comes once.
///
/// The order is that of the records, not of the files: it is the same however they came.
package struct RecordStream {
    /// What was not handed over, and why.
    package struct Account: Sendable {
        package var records = 0
        package var duplicates = 0
        /// Without one of the two addresses.
        package var withoutAddress = 0
        package var first: Int64?
        package var last: Int64?
        package var unreadable: [UnreadableFile] = []
        /// Statements of records that are missing.
        package var losses = 0
    }

    private let folder: ArchiveFolder
    /// Microseconds since 1970.
    private let since: Int64?
    private let until: Int64?
    /// Rows that are held in memory at a time, about.
    private let rowsAtOnce: Int

    package init(_ folder: ArchiveFolder, since: Int64? = nil, until: Int64? = nil, rowsAtOnce: Int = 1_000_000) {
        (self.folder, self.since, self.until, self.rowsAtOnce) = (folder, since, until, rowsAtOnce)
    }

    /// Hands over all records; throws where the folder itself cannot be read.
    package func forEach(_ names: inout Names, _ take: (Observation, Names) -> Void) throws(SystemError) -> Account {
        var account = Account()
        for (hour, places) in try Self.hours(folder, &account.unreadable) {
            let begin = hour * Partition.microsecondsOfHour
            let end = begin + Partition.microsecondsOfHour
            if let since, end <= since { continue }
            if let until, begin >= until { continue }
            try hourly(begin, places, &names, &account, take)
        }
        if let (statements, bad) = try? StatementLog(folder).read() {
            account.losses = statements.count { $0.kind == .loss } + bad
        }
        return account
    }

    /// The folders of each hour, in order.
    static func hours(
        _ folder: ArchiveFolder, _ unreadable: inout [UnreadableFile]
    ) throws(SystemError) -> [(hour: Int64, places: [String])] {
        var hours: [Int64: [String]] = [:]
        for place in try folder.folders() {
            guard let hour = Partition(path: place)?.hour else {
                unreadable.append(UnreadableFile(file: place, error: "the folder is none of an hour"))
                continue
            }
            hours[hour, default: []].append(place)
        }
        return hours.sorted { $0.key < $1.key }.map { (hour: $0.key, places: $0.value) }
    }

    private func hourly(
        _ begin: Int64, _ places: [String], _ names: inout Names, _ account: inout Account,
        _ take: (Observation, Names) -> Void
    ) throws(SystemError) {
        var segments: [OpenSegment] = []
        for place in places {
            let (opened, unreadable) = try folder.open(place)
            segments += opened
            account.unreadable += unreadable
        }
        let rows = segments.reduce(0) { $0 + $1.file.rowCount }
        let parts = Int64(max(1, (rows + rowsAtOnce - 1) / rowsAtOnce))
        var broken: Set<String> = []
        for part in 0..<parts {
            let from = max(begin + Partition.microsecondsOfHour * part / parts, since ?? .min)
            let to = min(begin + Partition.microsecondsOfHour * (part + 1) / parts, until ?? .max)
            guard from < to else { continue }
            var flows: [Observation] = []
            for segment in segments where !broken.contains(segment.path) {
                do throws(ParquetError) {
                    for group in 0..<segment.file.groupCount {
                        account.withoutAddress += try RecordColumns(segment, group: group)
                            .forEach(from: from, until: to, &names) { flows.append($0) }
                    }
                } catch {
                    broken.insert(segment.path)
                    account.unreadable.append(
                        UnreadableFile(
                            file: segment.path, error: (error.place + [error.reason]).joined(separator: ": ")))
                }
            }
            Self.sort(&flows, names)
            var last: RecordKey?
            for flow in flows {
                guard flow.record != last else {
                    account.duplicates += 1
                    continue
                }
                last = flow.record
                account.records += 1
                account.first = account.first ?? flow.start
                account.last = max(account.last ?? flow.end, flow.end)
                take(flow, names)
            }
        }
    }

    /// Puts observations into the order that detections rely on.
    package static func sort(_ flows: inout [Observation], _ names: Names) {
        flows.sort { $0.start != $1.start ? $0.start < $1.start : names.isBefore($0.record, $1.record) }
    }
}
