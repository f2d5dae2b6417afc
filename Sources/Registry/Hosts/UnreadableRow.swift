import Model

/// A stored row that says what no change could have written.
///
/// It stands for nothing: neither for a rule that is left out nor for one that lets everything through. Whose policy it
/// belongs to is told no revision until the row is put right.
package struct UnreadableRow: Error, Hashable, CustomStringConvertible {
    package let table: String
    package let id: String
    package let column: String
    /// What the column holds; nil where it holds nothing.
    package let value: String?
    /// What it must be.
    package let wanted: String

    package var description: String {
        let value = value.map { String(reflecting: String($0.prefix(200))) } ?? "nothing"
        return "\(table) \(id): column \(column) holds \(value), not \(wanted)"
    }
}

/// Reads the columns of one row as what they must be.
struct RowReading {
    let table: String
    let id: String

    init(_ kind: Kind, _ id: String) {
        table = kind.rawValue
        self.id = id
    }

    func fault(_ column: String, _ value: String?, _ wanted: String) -> UnreadableRow {
        UnreadableRow(table: table, id: id, column: column, value: value, wanted: wanted)
    }

    /// The row's own id, or one that a column names.
    func identifier<Subject>(_ text: String, _ column: String = "id") throws(UnreadableRow) -> Identifier<Subject> {
        guard let id = Identifier<Subject>(text) else { throw fault(column, text, "an identifier") }
        return id
    }

    func direction(_ text: String) throws(UnreadableRow) -> Direction {
        guard let direction = Direction(rawValue: text) else {
            throw fault("direction", text, "ingress or egress")
        }
        return direction
    }

    func family(_ text: String) throws(UnreadableRow) -> AddressFamily {
        switch text {
        case "IPv4": return .ipv4
        case "IPv6": return .ipv6
        default: throw fault("etherType", text, "IPv4 or IPv6")
        }
    }

    /// Nil where the column holds nothing, which is every address.
    func network(_ text: String?, _ column: String, of family: AddressFamily?) throws(UnreadableRow) -> IPPrefix? {
        guard let text else { return nil }
        guard let network = RuleDraft.network(text) else { throw fault(column, text, "an address or a block") }
        guard family == nil || network.family == family else {
            throw fault(column, text, "of the rule's family")
        }
        return network
    }

    func prefix(_ text: String, _ column: String) throws(UnreadableRow) -> IPPrefix {
        do {
            return try IPPrefix(parsing: text)
        } catch {
            throw fault(column, text, "a block")
        }
    }

    func address(_ text: String, _ column: String) throws(UnreadableRow) -> IPAddress {
        guard let address = IPAddress(text) else { throw fault(column, text, "an address") }
        return address
    }

    /// Nil where the column is empty, which lets any address through.
    func mac(_ text: String, _ column: String) throws(UnreadableRow) -> MACAddress? {
        guard !text.isEmpty else { return nil }
        guard let address = MACAddress(text) else { throw fault(column, text, "a MAC address") }
        return address
    }

    /// Both ends of a range, or neither.
    func ports(_ low: Int?, _ high: Int?, _ columns: (String, String)) throws(UnreadableRow) -> PortRange? {
        guard low != nil || high != nil else { return nil }
        guard let low, let first = UInt16(exactly: low) else {
            throw fault(columns.0, low.map(String.init), "a port from 0 to 65535")
        }
        guard let high, let last = UInt16(exactly: high), first <= last else {
            throw fault(columns.1, high.map(String.init), "a port from \(low) to 65535")
        }
        return PortRange(first, last)
    }

    /// What a rule asks of a packet's protocol.
    func service(_ protocolText: String?, _ low: Int?, _ high: Int?) throws(UnreadableRow) -> Service {
        guard let text = protocolText, text != RuleDraft.icmpTCPUDP else {
            guard low == nil else { throw fault("portMin", low.map(String.init), "nothing without a protocol") }
            guard high == nil else { throw fault("portMax", high.map(String.init), "nothing without a protocol") }
            return protocolText == nil ? .any : .icmpTCPUDP
        }
        guard let transport = text == "ip" ? TransportProtocol(rawValue: 0) : TransportProtocol(text) else {
            throw fault("protocolText", text, "a protocol")
        }
        if transport.isICMP {
            let type = try byte(low, "portMin")
            guard type != nil || high == nil else { throw fault("portMin", nil, "a type where there is a code") }
            return .icmp(transport, type: type, code: try byte(high, "portMax"))
        }
        let range = try ports(low, high, ("portMin", "portMax"))
        guard range == nil || transport.hasPorts else {
            throw fault("protocolText", text, "a protocol that has ports")
        }
        return .transport(transport, range)
    }

    private func byte(_ value: Int?, _ column: String) throws(UnreadableRow) -> UInt8? {
        guard let value else { return nil }
        guard let byte = UInt8(exactly: value) else { throw fault(column, "\(value)", "0 to 255") }
        return byte
    }

    /// A list that is stored as JSON.
    func list<Element>(
        _ text: String, _ column: String, _ read: (String) throws -> [Element]
    ) throws(UnreadableRow) -> [Element] {
        do { return try read(text) } catch { throw fault(column, text, "a list of them") }
    }
}
