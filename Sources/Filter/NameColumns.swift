package import Records

/// The further columns in which a name or an id may stand that a field is compared with.
package struct NameColumns {
    private let field: FilterField

    package init(_ field: FilterField) { self.field = field }

    /// Columns whose text is compared as a whole.
    private var whole: [FlowColumn] {
        switch field {
        case .column(.interface): [.interfaceID, .instance]
        case .column(.group): [.securityGroupID]
        case .source, .target, .column, .port, .bytes, .packets: []
        }
    }

    /// Columns of ids that are compared by their beginning, of at least four characters.
    private var begun: [FlowColumn] { field == .column(.rule) ? [.ruleID] : [] }

    /// Columns of the interface itself, where it is the one at that end; else those of its peer.
    private static let own: [FlowColumn] = [.instance, .instanceID, .interfaceID]
    private static let other: [FlowColumn] = [.peer, .peerID]

    private func end(_ direction: String?) -> [FlowColumn] {
        guard field.takesNames, let direction else { return [] }
        return (direction == "egress") == (field == .source) ? Self.own : Self.other
    }

    /// Each column, when it is asked, and whether the interface's label stands beside it.
    var sqlColumns: [(column: FlowColumn, condition: String, isLabelled: Bool)] {
        let others = (whole + begun).map { ($0, "true", field == .column(.interface)) }
        guard field.takesNames else { return others }
        let own = "\"direction\" = '\(field == .source ? "egress" : "ingress")'"
        let other = "\"direction\" <> '\(field == .source ? "egress" : "ingress")'"
        return Self.own.map { ($0, own, true) } + Self.other.map { ($0, other, false) }
    }

    /// All columns that may be asked.
    package var all: [FlowColumn] {
        if field.takesNames { return [.direction, .interface] + Self.own + Self.other }
        return whole + begun + (field == .column(.interface) ? [.interface] : [])
    }

    /// Those that say whether there is anything to compare with.
    func columns(for direction: String?) -> [FlowColumn] { whole + begun + end(direction) }

    /// Whether a name is that of one of the columns.
    func meets(
        _ item: FilterExpression.Item, direction: String?, label: String?, _ text: (FlowColumn) -> String?
    ) -> Bool {
        let isOwn = field == .column(.interface) || end(direction) == Self.own
        switch item {
        case .value(.text(let name)), .value(.name(let name)):
            if whole.contains(where: { text($0) == name }) { return true }
            if name.utf8.count >= 4, begun.contains(where: { text($0)?.hasPrefix(name.lowercased()) == true }) {
                return true
            }
            if isOwn, label == name { return true }
            return end(direction).contains { column in
                guard let value = text(column) else { return false }
                return value == name || (column == .peer && value.hasPrefix(name + "/"))
            }
        case .beginning(let beginning):
            return whole.contains { text($0)?.utf8.starts(with: beginning.utf8) == true }
        case .range(.text(let low), .text(let high)):
            return whole.contains { column in
                guard let value = text(column) else { return false }
                return !value.utf8.lexicographicallyPrecedes(low.utf8)
                    && !high.utf8.lexicographicallyPrecedes(value.utf8)
            }
        case .value, .range, .network: return false
        }
    }
}
