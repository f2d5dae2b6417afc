import Host

/// A file that is open for reading: its columns, what is known of them, and their values.
///
/// Nothing in a file is believed: each length is checked before it is used, and nothing takes more memory at a time than a
/// small multiple of `limit`.
package struct ParquetFile: Sendable {
    /// The most bytes that a footer, a page, a chunk or a vector may take, unless the caller says otherwise.
    package static let usualLimit = 256 << 20

    package let columns: [Column]
    package let metadata: [String: String]
    package let createdBy: String?
    let name: String
    let source: ByteSource
    let footer: Footer
    let limit: Int

    /// Opens a file; errors call it `name`, and `limit` bounds its memory, in bytes.
    package init(_ name: String, _ source: ByteSource, limit: Int = usualLimit) throws(ParquetError) {
        self.name = name
        self.source = source
        self.limit = limit
        do {
            footer = try Self.readFooter(source, limit: limit)
            columns = try Self.leaves(footer.schema)
            try Self.check(footer, columns.count, source.size)
        } catch {
            throw error.within("footer").within(file: name)
        }
        metadata = footer.metadata
        createdBy = footer.createdBy
    }

    package init(path: String, limit: Int = usualLimit) throws(ParquetError) {
        let source: ByteSource
        do {
            source = try ByteSource(try DurableFile.openForReading(path))
        } catch {
            throw ParquetError(.system, "\(error)").within(file: path)
        }
        try self.init(path, source, limit: limit)
    }

    package var rowCount: Int { footer.rowCount }
    package var groupCount: Int { footer.groups.count }
    package func rowCount(ofGroup group: Int) -> Int { footer.groups[group].rowCount }
    package func index(of column: String) -> Int? { columns.firstIndex { $0.name == column } }

    private static func readFooter(_ source: ByteSource, limit: Int) throws(ParquetError) -> Footer {
        guard source.size >= 12 else { throw .malformed("\(source.size) bytes are no Parquet file") }
        let end = try source.read(source.size - 8, 8)
        guard end.suffix(4).elementsEqual(Footer.magic) else {
            throw .malformed("the file does not end in PAR1: it is no Parquet file, or was not written to its end")
        }
        let length = Int(end[...].half(at: 0))
        guard length <= source.size - 12 else {
            throw .malformed("\(length) bytes are announced, and the file has \(source.size)")
        }
        guard length <= limit / 8 else { throw ParquetError(.tooLarge, "\(length) bytes; the bound is \(limit / 8)") }
        return try Footer(try source.read(source.size - 8 - length, length)[...])
    }

    /// The columns that are directly below the root; each leaf further down stands for a column that is not read.
    private static func leaves(_ schema: [SchemaElement]) throws(ParquetError) -> [Column] {
        guard let root = schema.first, let children = root.childCount else {
            throw .malformed("the schema has no root")
        }
        var columns: [Column] = []
        var index = 1
        for _ in 0..<children {
            guard index < schema.count else { throw .malformed("the schema ends too early") }
            let element = schema[index]
            index += 1
            guard let count = element.childCount, count > 0 else {
                let type = element.repetition == .repeated ? .other("repeated") : element.columnType
                columns.append(
                    Column(
                        element.name, type, isOptional: element.repetition == .optional, fieldID: element.fieldID))
                continue
            }
            // The leaves below a group, all unread.
            var open = count
            while open > 0 {
                guard index < schema.count else { throw .malformed("the schema ends too early") }
                open -= 1
                let inner = schema[index]
                index += 1
                if let count = inner.childCount, count > 0 {
                    let (sum, isBeyond) = open.addingReportingOverflow(count)
                    guard !isBeyond else { throw .malformed("the schema has too many columns") }
                    open = sum
                } else {
                    columns.append(Column("\(element.name).\(inner.name)", .other("nested"), isOptional: true))
                }
            }
        }
        guard index == schema.count else {
            throw .malformed("the schema has \(schema.count - index) elements too many")
        }
        return columns
    }

    private static func check(_ footer: Footer, _ columnCount: Int, _ size: Int) throws(ParquetError) {
        var rows = 0
        for (number, group) in footer.groups.enumerated() {
            guard group.chunks.count == columnCount else {
                throw .malformed("row group \(number) has \(group.chunks.count) columns of \(columnCount)")
            }
            let (sum, isBeyond) = rows.addingReportingOverflow(group.rowCount)
            guard !isBeyond else { throw .malformed("the row groups have too many rows") }
            rows = sum
        }
        guard rows == footer.rowCount else {
            throw .malformed("\(footer.rowCount) rows are announced, and the row groups have \(rows)")
        }
    }

    func chunk(_ column: Int, _ group: Int) throws(ParquetError) -> ColumnChunk {
        let chunk = footer.groups[group].chunks[column]
        guard !chunk.isInAnotherFile else { throw ParquetError(.unsupported, "the column lies in another file") }
        guard chunk.type == columns[column].type.physical else {
            if case .other(let type) = columns[column].type {
                throw ParquetError(.unsupported, "a column of type \(type)")
            }
            throw .malformed("the chunk is of \(chunk.type), the column of \(columns[column].type)")
        }
        return chunk
    }

    func within<Result>(
        _ column: Int, _ group: Int, _ body: () throws(ParquetError) -> Result
    ) throws(ParquetError) -> Result {
        do {
            return try body()
        } catch {
            throw error.within("row group \(group)").within("column \(columns[column].name)").within(file: name)
        }
    }
}
