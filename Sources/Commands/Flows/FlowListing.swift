import Model
import Records
import Terminal

/// How flow records are listed: JSON and CSV through the encoders that delivery uses.
struct FlowListing: Listing {
    let host: String
    let catalogue: Catalogue
    let time: LocalTime
    private let peers: PeerIndex
    private let json: FlowJSON
    private let csv: FlowCSV

    init(host: String, catalogue: Catalogue, time: LocalTime) {
        self.host = host
        self.catalogue = catalogue
        self.time = time
        peers = PeerIndex(catalogue)
        json = FlowJSON(host: host, catalogue: catalogue)
        csv = FlowCSV(host: host, catalogue: catalogue)
    }

    let columns = [
        TableColumn("WINDOW", minimumWidth: 8), TableColumn("INTERFACE", minimumWidth: 12),
        TableColumn("WAY", minimumWidth: 7), TableColumn("VERDICT"), TableColumn("SOURCE", minimumWidth: 24),
        TableColumn("TARGET", minimumWidth: 15), TableColumn("SERVICE", minimumWidth: 8),
        TableColumn("STATE", minimumWidth: 10), TableColumn("SENT", isNumber: true, minimumWidth: 14),
        TableColumn("ANSWERED", isNumber: true, minimumWidth: 14), TableColumn("RULE"),
    ]

    func cells(_ row: FlowRecord) -> [String] {
        let key = row.key
        let port = key.transport.hasPorts ? key.initiatorPort : nil
        let isKnown = row.detail != .total
        return [
            time.text(row.windowStart, fractionDigits: 0),
            catalogue.placement(row.interface)?.label ?? row.interface.short, row.direction.rawValue,
            Wording.verdict(row.verdict),
            isKnown
                ? Wording.initiator(Wording.end(key.initiator, port), row.translation, at: row.direction) : "*",
            isKnown ? Wording.target("\(key.target)", row.translation, at: row.direction) : "*",
            isKnown ? Wording.service(key) : "any", row.state.name,
            Wording.traffic(row.fromInitiator), Wording.traffic(row.fromTarget),
            "\(row.rule.short) \(catalogue.rule(row.rule)?.text ?? "")",
        ]
    }

    var keys: [String] { FlowColumn.allCases.map(\.rawValue) }

    func fields(_ row: FlowRecord) -> [Field] {
        let cells = FlowRow(row, host: host, catalogue: catalogue, peers: peers)
        return FlowColumn.allCases.map { Field($0.rawValue, Datum(cells.cell($0))) }
    }

    func appendJSON(_ row: FlowRecord, to line: inout ByteLine) {
        var own = ByteLine(capacity: 1500)
        json.append(row, to: &own)
        // The listing itself says what stands between two rows.
        line.append(Array(own.bytes.dropLast()))
    }

    func appendCSVHeading(to line: inout ByteLine) { csv.appendHeading(to: &line) }
    func appendCSV(_ row: FlowRecord, to line: inout ByteLine) { csv.append(row, to: &line) }
}
