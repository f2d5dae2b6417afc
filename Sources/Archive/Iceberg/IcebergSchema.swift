import Records

/// The columns of an archive's files as a table of Apache Iceberg has them (format version 2, "Schemas and Data Types").
///
/// A column's field id is its place in `FlowColumn`, counted from 1; columns are only ever added at the end.
enum IcebergSchema {
    static let fields: [Datum] = FlowColumn.allCases.map { column in
        .object([
            Field("id", .number(id(column))), Field("name", .text(ArchiveColumn.name(column))),
            Field("required", .truth(false)), Field("type", .text(type(column))),
        ])
    }

    static let schema = Datum.object([
        Field("type", .text("struct")), Field("schema-id", .number(0)), Field("fields", .list(fields)),
    ])

    /// By which columns of files without field ids are found.
    static let nameMapping = Datum.list(
        FlowColumn.allCases.map { column in
            .object([
                Field("field-id", .number(id(column))), Field("names", .texts([ArchiveColumn.name(column)])),
            ])
        })

    static func id(_ column: FlowColumn) -> Int { column.ordinal + 1 }

    private static func type(_ column: FlowColumn) -> String {
        switch column.kind {
        case .text, .word: "string"
        case .address: "fixed[16]"
        case .instant: column == .end ? "long" : "timestamptz"
        // There are no numbers without sign: of 64 bits the upper half is beyond an Iceberg table.
        case .number(bits: 8), .number(bits: 16): "int"
        case .number: "long"
        }
    }

    static func json(_ datum: Datum) -> String {
        var line = ByteLine(capacity: 4096)
        line.append(json: datum)
        return line.text
    }
}
