/// How a column's values are written.
package enum ColumnEncoding: Hashable, Sendable {
    case plain
    /// Numbers in a dictionary of the chunk's distinct values; `otherwise` where there are too many of those.
    indirect case dictionary(otherwise: ColumnEncoding)
    /// Differences: rising numbers and times; texts are written as lengths and bytes.
    case delta
    /// Byte by byte: numbers and fixed bytes whose high bytes are alike.
    case byteStreamSplit

    /// Whether values of the type can be written so.
    func fits(_ type: ColumnType) -> Bool {
        switch self {
        case .plain: true
        case .dictionary(let otherwise): type != .boolean && otherwise.fits(type)
        case .delta: type != .boolean && type != .fixed16
        case .byteStreamSplit: ![.boolean, .string, .bytes].contains(type)
        }
    }
}

/// How a file is written.
package struct WriterOptions: Sendable {
    package enum PageVersion: Hashable, Sendable {
        case one
        case two
    }

    /// zstd's level, 1–22; nil leaves pages as they are.
    package var level: Int? = 3
    package var pageVersion = PageVersion.one
    /// Rows a page, at most.
    package var rowsOfPage = 32_768
    /// Distinct values that a dictionary has at most.
    package var dictionaryEntries = 65_536
    /// By column's name; `.dictionary(otherwise: .plain)` where nothing is said, for truth values `.plain`.
    package var encodings: [String: ColumnEncoding] = [:]
    /// Columns that get a Bloom filter.
    package var blooms: Set<String> = []
    package var sorting: [SortingColumn] = []
    /// Whether pages have checksums.
    package var hasChecksums = true
    package var createdBy = "gatehouse"

    package init() {}

    func encoding(of column: Column) -> ColumnEncoding {
        if let encoding = encodings[column.name] { return encoding }
        return column.type == .boolean ? .plain : .dictionary(otherwise: .plain)
    }
}
