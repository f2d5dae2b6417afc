package import Model

/// Flow records as JSON, one object a line; keys are the columns' names, absent values are left out.
package struct FlowJSON: Sendable {
    let host: String
    private let catalogue: Catalogue
    private let peers: PeerIndex

    package init(host: String, catalogue: Catalogue) {
        self.host = host
        self.catalogue = catalogue
        self.peers = PeerIndex(catalogue)
    }

    /// Writes the record as one line with its line feed.
    package func append(_ record: FlowRecord, to line: inout ByteLine) {
        let row = FlowRow(record, host: host, catalogue: catalogue, peers: peers)
        line.append(UInt8(ascii: "{"))
        var isFirst = true
        for column in FlowColumn.allCases {
            let cell = row.cell(column)
            guard cell != .absent else { continue }
            line.append(isFirst ? "\"" : ",\"")
            isFirst = false
            line.append(column.rawValue)
            line.append("\":")
            append(cell, to: &line)
        }
        line.append("}\n")
    }

    private func append(_ cell: FlowCell, to line: inout ByteLine) {
        switch cell {
        case .absent: line.append("null")
        case .text(let text): line.append(jsonString: text)
        case .number(let number): line.append(decimal: number)
        case .instant(let instant): line.append(jsonInstant: instant)
        case .address(let address):
            line.append(UInt8(ascii: "\""))
            line.append(address)
            line.append(UInt8(ascii: "\""))
        case .id(let high, let low):
            line.append(UInt8(ascii: "\""))
            line.append(Identifier<FlowRecord>(high: high, low: low))
            line.append(UInt8(ascii: "\""))
        }
    }
}
