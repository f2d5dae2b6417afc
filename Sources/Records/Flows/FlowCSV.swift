package import Model

/// Flow records as comma-separated values of RFC 4180, with one heading; absent values are empty fields.
package struct FlowCSV: Sendable {
    private let host: String
    private let catalogue: Catalogue
    private let peers: PeerIndex
    private let columns: [FlowColumn]

    package init(host: String, catalogue: Catalogue, columns: [FlowColumn] = FlowColumn.allCases) {
        self.host = host
        self.catalogue = catalogue
        self.peers = PeerIndex(catalogue)
        self.columns = columns
    }

    /// Writes the names of the columns.
    package func appendHeading(to line: inout ByteLine) {
        appendRow(to: &line) { $1.append($0.rawValue) }
    }

    /// Writes the record as one row.
    package func append(_ record: FlowRecord, to line: inout ByteLine) {
        let row = FlowRow(record, host: host, catalogue: catalogue, peers: peers)
        appendRow(to: &line) { column, line in
            switch row.cell(column) {
            case .absent: break
            case .text(let text): line.append(csvField: text)
            case .number(let number): line.append(decimal: number)
            case .instant(let instant): line.append(instant)
            case .address(let address): line.append(address)
            case .id(let high, let low): line.append(Identifier<FlowRecord>(high: high, low: low))
            }
        }
    }

    private func appendRow(to line: inout ByteLine, _ field: (FlowColumn, inout ByteLine) -> Void) {
        for (index, column) in columns.enumerated() {
            if index > 0 { line.append(UInt8(ascii: ",")) }
            field(column, &line)
        }
        line.append("\r\n")
    }
}
