package import Model
package import Parquet
package import Records

/// The columns of an archive's files: those of flow records, with the span's length in place of its end.
///
/// A length is small where an end is as large as a start; `end` is `start` plus `duration`, and every answer has it.
package enum ArchiveColumn {
    /// Microseconds from `start` to `end`.
    package static let duration = "duration"

    /// The columns of a file that is written now, in order.
    package static let all: [Column] = FlowColumn.allCases.map(column)

    /// Where values of a column lie in files.
    package static func name(_ column: FlowColumn) -> String { column == .end ? duration : column.rawValue }

    private static func column(_ column: FlowColumn) -> Column {
        let type: ColumnType =
            switch column.kind {
            case .text, .word: .string
            case .address: .fixed16
            case .instant: column == .end ? .int64 : .timestamp
            case .number(bits: 8): .uint8
            case .number(bits: 16): .uint16
            case .number: .uint64
            }
        return Column(name(column), type, fieldID: IcebergSchema.id(column))
    }

    /// How the columns are written: what was found to be the smallest (`docs/design/archive.md`).
    static func options(level: Int) -> WriterOptions {
        var options = WriterOptions()
        options.level = level
        options.rowsOfPage = 32_768
        for column in FlowColumn.allCases { options.encodings[name(column)] = encoding(column) }
        options.blooms = [FlowColumn.initiatorIP.rawValue, FlowColumn.targetIP.rawValue]
        options.sorting = order.map { SortingColumn($0.ordinal) }
        return options
    }

    /// The order of a file's rows.
    package static let order: [FlowColumn] = [.interfaceID, .initiatorIP, .targetIP, .start]

    private static func encoding(_ column: FlowColumn) -> ColumnEncoding {
        switch column {
        case .id, .communityID: .delta
        case .start, .end, .connectionStart, .sourceLine, .connection, .initiatorPort, .targetPort:
            .dictionary(otherwise: .byteStreamSplit)
        case .packetsFromInitiator, .bytesFromInitiator, .packetsFromTarget,
            .bytesFromTarget, .cumulativePacketsFromInitiator, .cumulativeBytesFromInitiator,
            .cumulativePacketsFromTarget, .cumulativeBytesFromTarget:
            .byteStreamSplit
        default: .dictionary(otherwise: .plain)
        }
    }
}

extension UInt128 {
    /// The address as files have it: sixteen bytes, IPv4 as `::ffff:a.b.c.d`.
    package init(_ address: IPAddress) {
        self =
            switch address.family {
            case .ipv4: 0xffff << 32 | UInt128(address.low)
            case .ipv6: UInt128(address.high) << 64 | UInt128(address.low)
            }
    }
}

extension IPAddress {
    /// Reads what files have.
    package init(archived value: UInt128) {
        if value >> 32 == 0xffff {
            self.init(ipv4: UInt32(truncatingIfNeeded: value))
        } else {
            self.init(ipv6High: UInt64(truncatingIfNeeded: value >> 64), low: UInt64(truncatingIfNeeded: value))
        }
    }
}
