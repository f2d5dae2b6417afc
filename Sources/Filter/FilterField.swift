package import Records

/// What an expression may ask about: a column, or one of the words that stand for several.
package enum FilterField: Hashable, Sendable {
    case column(FlowColumn)
    /// `src`, `dst`: the address, or a name of what is there.
    case source
    case target
    /// Either side's port.
    case port
    /// Both ways together, as far as they are known.
    case bytes
    case packets

    /// Words that are no column's name.
    static let words: [(word: String, field: FilterField)] = [
        ("src", .source), ("dst", .target), ("sport", .column(.initiatorPort)), ("dport", .column(.targetPort)),
        ("proto", .column(.transport)), ("action", .column(.verdict)), ("port", .port), ("bytes", .bytes),
        ("packets", .packets),
    ]

    /// Every word that is a field.
    package static let names = words.map(\.word) + FlowColumn.allCases.map(\.rawValue)

    package init?(name: String) {
        if let entry = Self.words.first(where: { $0.word == name }) {
            self = entry.field
        } else if let column = FlowColumn(rawValue: name) {
            self = .column(column)
        } else {
            return nil
        }
    }

    /// The word that an expression is printed with.
    package var name: String {
        switch self {
        case .column(let column): column.rawValue
        case .source: "src"
        case .target: "dst"
        case .port: "port"
        case .bytes: "bytes"
        case .packets: "packets"
        }
    }

    /// Whether the field adds two columns up.
    package var isSum: Bool { self == .bytes || self == .packets }

    package var kind: FlowColumn.Kind {
        switch self {
        case .column(let column): column.kind
        case .source, .target: .address
        case .port: .number(bits: 16)
        case .bytes, .packets: .number(bits: 64)
        }
    }

    /// The columns whose values the field itself has.
    package var columns: [FlowColumn] {
        switch self {
        case .column(let column): [column]
        case .source: [.initiatorIP]
        case .target: [.targetIP]
        case .port: [.initiatorPort, .targetPort]
        case .bytes: [.bytesFromInitiator, .bytesFromTarget]
        case .packets: [.packetsFromInitiator, .packetsFromTarget]
        }
    }
}
