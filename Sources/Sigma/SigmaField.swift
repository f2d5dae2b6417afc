package import Records

/// What a rule's field is in flow records.
package enum SigmaField: Hashable, Sendable {
    case column(FlowColumn)
    /// Both ways together.
    case sum(FlowColumn, FlowColumn)

    /// Names that rules use beside the columns' own, in one list.
    private static let names: [(names: [String], field: SigmaField)] = [
        (["src_ip", "source.ip", "SourceIp", "id.orig_h", "src"], .column(.initiatorIP)),
        (["dst_ip", "destination.ip", "DestinationIp", "id.resp_h", "dst"], .column(.targetIP)),
        (["src_port", "source.port", "SourcePort", "id.orig_p", "sport"], .column(.initiatorPort)),
        (["dst_port", "destination.port", "DestinationPort", "id.resp_p", "dport"], .column(.targetPort)),
        (["action", "event.action"], .column(.verdict)),
        (["proto", "network.transport", "Protocol"], .column(.transport)),
        (["bytes", "network.bytes"], .sum(.bytesFromInitiator, .bytesFromTarget)),
        (["packets", "network.packets"], .sum(.packetsFromInitiator, .packetsFromTarget)),
        (["orig_bytes", "source.bytes"], .column(.bytesFromInitiator)),
        (["resp_bytes", "destination.bytes"], .column(.bytesFromTarget)),
        (["timestamp", "@timestamp"], .column(.start)),
    ]

    /// The fields that add two columns up.
    static let sums = names.map(\.field).filter { field in
        if case .sum = field { return true }
        return false
    }

    /// Every name that is a field.
    package static let all = names.flatMap(\.names) + FlowColumn.allCases.map(\.rawValue)

    package init?(name: String) {
        if let entry = Self.names.first(where: { $0.names.contains(name) }) {
            self = entry.field
        } else if let column = FlowColumn(rawValue: name) {
            self = .column(column)
        } else {
            return nil
        }
    }

    package var columns: [FlowColumn] {
        switch self {
        case .column(let column): [column]
        case .sum(let one, let other): [one, other]
        }
    }

    package var kind: FlowColumn.Kind {
        switch self {
        case .column(let column): column.kind
        case .sum: .number(bits: 64)
        }
    }
}
