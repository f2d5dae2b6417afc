import Zstd

/// Writes a file: row groups one after the other, then indexes, filters and the footer.
package struct ParquetWriter {
    package let columns: [Column]
    private let options: WriterOptions
    private let compressor: Compressor?
    private var footer = Footer()
    private var results: [[ChunkWriter.Result]] = []
    /// What was written and not handed over.
    private var pending: [UInt8] = Footer.magic
    private var handedOver = 0

    package init(_ columns: [Column], _ options: WriterOptions = WriterOptions()) throws(ParquetError) {
        self.columns = columns
        self.options = options
        do {
            compressor = try options.level.map { level throws(ZstdError) in try Compressor(level: level) }
        } catch {
            throw ParquetError(.system, "zstd: \(error)")
        }
        for column in columns {
            guard column.type.physical != nil, options.encoding(of: column).fits(column.type) else {
                let way = options.encoding(of: column)
                throw ParquetError(.unsupported, "a column of \(column.type) is not written as \(way)")
                    .within("column \(column.name)")
            }
        }
        footer.schema = [SchemaElement(root: columns.count)] + columns.map { SchemaElement($0) }
        footer.createdBy = options.createdBy
    }

    /// Bytes of the file so far.
    package var size: Int { handedOver + pending.count }

    /// Adds a row group. The vectors stand in the columns' order and have as many rows each.
    package mutating func append(_ vectors: [ColumnVector]) throws(ParquetError) {
        precondition(vectors.count == columns.count, "\(vectors.count) vectors for \(columns.count) columns")
        guard let rowCount = vectors.first?.count, rowCount > 0 else { return }
        var group = RowGroup()
        group.rowCount = rowCount
        group.offset = size
        group.ordinal = footer.groups.count
        group.sorting = options.sorting.isEmpty ? nil : options.sorting
        var written: [ChunkWriter.Result] = []
        for (column, vector) in zip(columns, vectors) {
            precondition(vector.count == rowCount, "column \(column.name): \(vector.count) rows of \(rowCount)")
            guard column.isOptional || vector.presentCount == rowCount else {
                throw ParquetError(.unsupported, "values are absent that must be there").within("column \(column.name)")
            }
            do {
                let result = try ChunkWriter(column, vector, options, compressor).write(to: &pending, base: handedOver)
                group.chunks.append(result.chunk)
                group.uncompressedSize += result.chunk.uncompressedSize
                group.compressedSize += result.chunk.compressedSize
                written.append(result)
            } catch {
                throw error.within("column \(column.name)")
            }
        }
        footer.rowCount += rowCount
        footer.groups.append(group)
        results.append(written)
    }

    /// Takes the bytes that were written since the last time.
    package mutating func takeBytes() -> [UInt8] {
        defer {
            handedOver += pending.count
            pending = []
        }
        return pending
    }

    /// Ends the file; `takeBytes` gives its rest.
    package mutating func finish(metadata: [String: String] = [:]) {
        footer.metadata = metadata
        for group in footer.groups.indices {
            for column in columns.indices {
                guard let bloom = results[group][column].bloom else { continue }
                let bytes = bloom.bytes()
                footer.groups[group].chunks[column].bloomFilterOffset = size
                footer.groups[group].chunks[column].bloomFilterLength = bytes.count
                pending += bytes
            }
        }
        for group in footer.groups.indices {
            for column in columns.indices {
                guard let bytes = results[group][column].columnIndex?.bytes() else { continue }
                footer.groups[group].chunks[column].columnIndex = .init(offset: size, length: bytes.count)
                pending += bytes
            }
        }
        for group in footer.groups.indices {
            for column in columns.indices {
                let bytes = results[group][column].offsetIndex.bytes()
                footer.groups[group].chunks[column].offsetIndex = .init(offset: size, length: bytes.count)
                pending += bytes
            }
        }
        let bytes = footer.bytes()
        pending += bytes
        pending.append(littleEndian: UInt32(bytes.count))
        pending += Footer.magic
    }
}
