import Records

/// A manifest: the segments of one VPC and date, with the bounds that engines plan by (Iceberg format version 2, "Manifests").
struct IcebergManifest {
    /// A segment as it is at the moment.
    struct DataFile {
        let path: String
        let rows: Int
        let bytes: Int
        /// The first start and the last end of its records, in microseconds since 1970.
        let start: Int64
        let end: Int64
    }

    /// What the list of manifests, and the next commit, must know of a manifest.
    struct Note: Codable, Hashable {
        /// The folder of its segments, below the project's.
        let place: String
        /// Name of its file, and that file's bytes.
        let name: String
        let length: Int
        let files: Int
        let rows: Int
        let snapshot: Int64
        let sequence: Int64
        /// Where its segments are, so that what is named no longer is known.
        let paths: [String]
    }

    static func bytes(_ files: [DataFile], snapshot: Int64, sequence: Int64) -> [UInt8] {
        let start = Int64(IcebergSchema.id(.start))
        func bound(_ value: Int64) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
        let records = files.map { file in
            var record = AvroBytes()
            // Status: added.
            record.append(1)
            record.append(optional: snapshot) { $0.append($1) }
            record.append(optional: sequence) { $0.append($1) }
            record.append(optional: sequence) { $0.append($1) }
            // Content: data. The table has no partitions: their record has no bytes.
            record.append(0)
            record.append(file.path)
            record.append("PARQUET")
            record.append(Int64(file.rows))
            record.append(Int64(file.bytes))
            for value in [file.start, file.end] {
                record.append(optional: [value]) { record, values in
                    record.append(values) {
                        $0.append(start)
                        $0.append(bound($1))
                    }
                }
            }
            return record
        }
        return AvroBytes.file(
            schema: schema,
            metadata: [
                ("schema", IcebergSchema.json(IcebergSchema.schema)), ("schema-id", "0"), ("partition-spec", "[]"),
                ("partition-spec-id", "0"), ("format-version", "2"), ("content", "data"),
            ], records: records)
    }

    /// The list of a snapshot's manifests; `location` is where their files are.
    static func list(_ notes: [Note], in location: String, snapshot: Int64, sequence: Int64) -> [UInt8] {
        let records = notes.map { note in
            var record = AvroBytes()
            record.append("\(location)/\(note.name)")
            record.append(Int64(note.length))
            // The partition specification's id, and the content: data.
            record.append(0)
            record.append(0)
            record.append(note.sequence)
            record.append(note.sequence)
            record.append(note.snapshot)
            let isNew = note.snapshot == snapshot
            for count in [note.files, note.rows] {
                for part in [isNew ? count : 0, isNew ? 0 : count, 0] { record.append(Int64(part)) }
            }
            return record
        }
        return AvroBytes.file(
            schema: listSchema,
            metadata: [
                ("snapshot-id", "\(snapshot)"), ("sequence-number", "\(sequence)"), ("format-version", "2"),
            ], records: records)
    }

    private static func field(_ name: String, _ id: Int, _ type: String, isOptional: Bool = false) -> String {
        isOptional
            ? #"{"name":"\#(name)","type":["null",\#(type)],"default":null,"field-id":\#(id)}"#
            : #"{"name":"\#(name)","type":\#(type),"field-id":\#(id)}"#
    }

    /// A map with numbers as keys: pairs in an array, for Avro's own maps have texts.
    private static func bounds(_ key: Int, _ value: Int) -> String {
        #"{"type":"array","logicalType":"map","items":{"type":"record","name":"k\#(key)_v\#(value)","fields":["#
            + [field("key", key, #""int""#), field("value", value, #""bytes""#)].joined(separator: ",") + "]}}"
    }

    private static let schema: String = {
        let partition = #"{"type":"record","name":"r102","fields":[]}"#
        let file = [
            field("content", 134, #""int""#), field("file_path", 100, #""string""#),
            field("file_format", 101, #""string""#), field("partition", 102, partition),
            field("record_count", 103, #""long""#), field("file_size_in_bytes", 104, #""long""#),
            field("lower_bounds", 125, bounds(126, 127), isOptional: true),
            field("upper_bounds", 128, bounds(129, 130), isOptional: true),
        ]
        let entry = [
            field("status", 0, #""int""#), field("snapshot_id", 1, #""long""#, isOptional: true),
            field("sequence_number", 3, #""long""#, isOptional: true),
            field("file_sequence_number", 4, #""long""#, isOptional: true),
            field("data_file", 2, #"{"type":"record","name":"r2","fields":[\#(file.joined(separator: ","))]}"#),
        ]
        return #"{"type":"record","name":"manifest_entry","fields":[\#(entry.joined(separator: ","))]}"#
    }()

    private static let listSchema: String = {
        let numbers = [
            ("manifest_length", 501, "long"), ("partition_spec_id", 502, "int"), ("content", 517, "int"),
            ("sequence_number", 515, "long"), ("min_sequence_number", 516, "long"), ("added_snapshot_id", 503, "long"),
            ("added_files_count", 504, "int"), ("existing_files_count", 505, "int"),
            ("deleted_files_count", 506, "int"), ("added_rows_count", 512, "long"),
            ("existing_rows_count", 513, "long"), ("deleted_rows_count", 514, "long"),
        ]
        let fields =
            [field("manifest_path", 500, #""string""#)] + numbers.map { field($0.0, $0.1, "\"\($0.2)\"") }
        return #"{"type":"record","name":"manifest_file","fields":[\#(fields.joined(separator: ","))]}"#
    }()
}
