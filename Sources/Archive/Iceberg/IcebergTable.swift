import Foundation
import Host
import Parquet
import Records

/// The table that a project's segments are to engines: Apache Iceberg's metadata, format version 2, in `project=P/metadata`.
///
/// What is named by a snapshot stays for a while after it is named no more, so that who has planned by it can read to the end.
struct IcebergTable {
    /// What the commits before have left, in a file of our own beside the metadata.
    private struct State: Codable {
        /// Where the folder was: paths in the metadata are absolute.
        var location = ""
        var version = 0
        var uuid = UUID().uuidString.lowercased()
        var sequence: Int64 = 0
        var manifests: [IcebergManifest.Note] = []
        /// Files that no snapshot names any more, by their paths below the project's folder, and since when, in seconds since
        /// 1970.
        var retired: [String: Int64] = [:]
    }

    /// How long files stay that no snapshot names, in seconds.
    private static let grace: Int64 = 900
    private static let stateName = ".gatehouse.json"

    /// The project's folder: its name below the archive, and its place.
    private let project: String
    private let folder: ArchiveFolder

    private var place: String { "\(folder.path)/\(project)" }
    private var metadata: String { "\(place)/metadata" }

    init(_ folder: ArchiveFolder, project: String) { (self.folder, self.project) = (folder, project) }

    /// Makes a snapshot of what the folders hold now.
    ///
    /// - Parameters:
    ///   - touched: Folders whose segments have changed since the last commit, below the archive's.
    ///   - now: Seconds since 1970.
    /// - Throws: Where files cannot be read or written; then the snapshot before stays.
    func commit(_ touched: Set<String>, now: Int64) throws {
        try DurableFile.makeFolder(metadata)
        var state = try read()
        let location = "file://\(try absolute(place))"
        let snapshot = Int64.random(in: 1...Int64.max)
        state.sequence += 1
        state.version += 1
        // A table that is new, or was elsewhere, is made of all that is there.
        let all = state.location == location ? [] : try folder.folders().filter { $0.hasPrefix(project + "/") }
        let groups = Set(touched.union(all).map(Self.group))
        if state.location != location { state.manifests = state.manifests.filter { groups.contains($0.place) } }
        state.location = location
        var notes = state.manifests.filter { !groups.contains($0.place) }
        let replaced = state.manifests.filter { groups.contains($0.place) }
        for (index, group) in groups.sorted().enumerated() {
            let files = try files(group, location, &state, now)
            guard !files.isEmpty else { continue }
            let name = "m\(state.version)-\(index).avro"
            let bytes = IcebergManifest.bytes(files, snapshot: snapshot, sequence: state.sequence)
            try write(bytes, name)
            notes.append(
                IcebergManifest.Note(
                    place: group, name: name, length: bytes.count, files: files.count,
                    rows: files.reduce(0) { $0 + $1.rows }, snapshot: snapshot, sequence: state.sequence,
                    paths: files.map { String($0.path.dropFirst(location.utf8.count + 1)) }))
        }
        notes.sort { $0.place < $1.place }
        let list = "snap-\(state.version)-\(snapshot).avro"
        try write(
            IcebergManifest.list(
                notes, in: "\(location)/metadata", snapshot: snapshot, sequence: state.sequence), list)
        let document = document(state, notes, location, snapshot, list, now)
        try write(Array(IcebergSchema.json(document).utf8), "v\(state.version).metadata.json")
        try retire(&state, replaced, notes, now)
        state.manifests = notes
        // Before the hint: what a crash leaves unnamed is retired by the commit after it.
        try DurableFile.replace("\(metadata)/\(Self.stateName)", with: Array(try JSONEncoder().encode(state)))
        try DurableFile.replace("\(metadata)/version-hint.text", with: Array("\(state.version)".utf8))
        try sweep(state, now)
    }

    /// The folder of a date, of which each has a manifest: `project=P/vpc=V/date=D/hour=H` without ends.
    private static func group(_ place: String) -> String {
        place.split(separator: "/").dropFirst().prefix(2).joined(separator: "/")
    }

    private func read() throws -> State {
        let path = "\(metadata)/\(Self.stateName)"
        guard let bytes = try DurableFile.read(path) else { return State() }
        do {
            return try JSONDecoder().decode(State.self, from: Data(bytes))
        } catch {
            throw ArchiveError(
                "\(path): what the table has cannot be read (\(error)); remove metadata/ to have it made anew")
        }
    }

    /// The segments of a date's folders.
    private func files(
        _ group: String, _ location: String, _ state: inout State, _ now: Int64
    ) throws -> [IcebergManifest.DataFile] {
        var files: [IcebergManifest.DataFile] = []
        for hour in try DurableFile.list("\(place)/\(group)") where hour.hasPrefix("hour=") {
            let below = "\(group)/\(hour)"
            let links = SecondName.all(try DurableFile.list("\(place)/\(below)"))
            let segments = try folder.open("\(project)/\(below)").segments
            // A crash may have left names of segments that were put together.
            for link in links.values where !segments.contains(where: { $0.name == link.name }) {
                let path = "\(below)/\(link.text)"
                state.retired[path] = state.retired[path] ?? now
            }
            for segment in segments {
                let shown = links[segment.name]?.text ?? segment.name
                files.append(
                    IcebergManifest.DataFile(
                        path: "\(location)/\(below)/\(shown)", rows: segment.file.rowCount,
                        bytes: try DurableFile.size("\(place)/\(below)/\(segment.name)"), start: segment.note.start,
                        end: segment.note.end))
            }
        }
        return files
    }

    private func write(_ bytes: [UInt8], _ name: String) throws {
        try DurableFile.replace("\(metadata)/\(name)", with: bytes)
    }

    private func document(
        _ state: State, _ notes: [IcebergManifest.Note], _ location: String, _ snapshot: Int64, _ list: String,
        _ now: Int64
    ) -> Datum {
        let rows = notes.reduce(0) { $0 + $1.rows }
        let files = notes.reduce(0) { $0 + $1.files }
        let made = Datum.object([
            Field("snapshot-id", .number(snapshot)), Field("sequence-number", .number(state.sequence)),
            Field("timestamp-ms", .number(now * 1000)),
            Field("manifest-list", .text("\(location)/metadata/\(list)")), Field("schema-id", .number(0)),
            Field(
                "summary",
                .object([
                    Field("operation", .text("overwrite")), Field("total-records", .text("\(rows)")),
                    Field("total-data-files", .text("\(files)")),
                ])),
        ])
        let main = Datum.object([Field("snapshot-id", .number(snapshot)), Field("type", .text("branch"))])
        return .object([
            Field("format-version", .number(2)), Field("table-uuid", .text(state.uuid)),
            Field("location", .text(location)), Field("last-sequence-number", .number(state.sequence)),
            Field("last-updated-ms", .number(now * 1000)),
            Field("last-column-id", .number(FlowColumn.allCases.count)),
            Field("schemas", .list([IcebergSchema.schema])), Field("current-schema-id", .number(0)),
            Field("partition-specs", .list([.object([Field("spec-id", .number(0)), Field("fields", .list([]))])])),
            Field("default-spec-id", .number(0)), Field("last-partition-id", .number(999)),
            Field("sort-orders", .list([.object([Field("order-id", .number(0)), Field("fields", .list([]))])])),
            Field("default-sort-order-id", .number(0)),
            Field(
                "properties",
                .object([
                    Field("schema.name-mapping.default", .text(IcebergSchema.json(IcebergSchema.nameMapping)))
                ])),
            Field("current-snapshot-id", .number(snapshot)), Field("snapshots", .list([made])),
            Field("refs", .object([Field("main", main)])), Field("snapshot-log", .list([])),
            Field("metadata-log", .list([])),
        ])
    }

    // MARK: What is named no more

    private func retire(
        _ state: inout State, _ replaced: [IcebergManifest.Note], _ notes: [IcebergManifest.Note], _ now: Int64
    ) throws {
        let named = Set(notes.flatMap(\.paths))
        for note in replaced {
            state.retired["metadata/\(note.name)"] = now
            // A visible name goes with its segment; a second name was made for who planned by it.
            for path in note.paths where !named.contains(path) && SecondName.isOne(path) { state.retired[path] = now }
        }
        let current = state.version
        for name in try DurableFile.list(metadata)
        where name.hasPrefix("snap-") || name.hasPrefix("v") && name.hasSuffix(".json") {
            let number = name.drop { !$0.isNumber }.prefix { $0.isNumber }
            guard let version = Int(number), version != current else { continue }
            if state.retired["metadata/\(name)"] == nil { state.retired["metadata/\(name)"] = now }
        }
    }

    /// Removes what has been retired long enough, and forgets it with the next commit.
    private func sweep(_ state: State, _ now: Int64) throws {
        var kept = state
        for (path, since) in state.retired where since <= now - Self.grace {
            try DurableFile.remove("\(place)/\(path)")
            kept.retired[path] = nil
        }
        guard kept.retired.count < state.retired.count else { return }
        try DurableFile.replace("\(metadata)/\(Self.stateName)", with: Array(try JSONEncoder().encode(kept)))
    }

    private func absolute(_ path: String) throws -> String {
        URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    }
}
