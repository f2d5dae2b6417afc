import ArgumentParser
import Capture
import Host
import Link
import Model
import Records

struct Flows: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Flow records: what each flow did at each interface in each capture window.",
        discussion: "Example: gatehouse flows interface=web-1/eth0 port=443 --since 1h --output csv")

    @OptionGroup var options: FilterOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let folder = try data.existingFolder()
        let filter = try options.parsed()
        let catalogue = try RevisionStore(folder).catalogue()
        var records: [FlowRecord] = []
        var lost = Traffic.zero
        var closed: Int64 = 0
        try SpoolReader(folder: folder.spool).forEach { item in
            switch item {
            case .record(let record): if filter.matches(record, catalogue: catalogue) { records.append(record) }
            case .loss(let loss): if loss.until >= filter.since ?? loss.until { lost += loss.traffic }
            case .closed(let instant): closed = max(closed, instant)
            }
        }
        write(options.limited(records), catalogue)
        let complete =
            closed > 0
            ? "windows closed up to \(Timestamp(nanoseconds: closed).text(fractionDigits: 0))" : "no window closed yet"
        let loss = lost.isZero ? "no loss" : "stated loss: \(lost.packets) packets, \(lost.bytes) bytes"
        Console.tell("\(records.count) records; \(complete); \(loss)")
    }

    private func write(_ records: [FlowRecord], _ catalogue: Catalogue) {
        var line = ByteLine()
        switch options.output {
        case .csv:
            let csv = FlowCSV(host: Machine.hostName, catalogue: catalogue)
            csv.appendHeading(to: &line)
            for record in records { csv.append(record, to: &line) }
            Console.write(line.bytes)
        case .json, .jsonl:
            let json = FlowJSON(host: Machine.hostName, catalogue: catalogue)
            var objects: [[UInt8]] = []
            for record in records {
                line.removeAll()
                json.append(record, to: &line)
                objects.append(line.bytes.last == UInt8(ascii: "\n") ? line.bytes.dropLast() : line.bytes)
            }
            let isArray = options.output == .json
            let body = objects.joined(separator: Array((isArray ? ",\n" : "\n").utf8))
            Console.write(
                isArray ? Array("[".utf8) + body + Array("]\n".utf8) : Array(body) + (objects.isEmpty ? [] : [10]))
        case .table:
            var table = Table([
                "WINDOW", "INTERFACE", "WAY", "VERDICT", "INITIATOR", "TARGET", "SERVICE", "STATE", "SENT", "ANSWERED",
                "RULE",
            ])
            for record in records { table.add(Self.cells(record, catalogue)) }
            print(table.text)
        }
    }

    static func cells(_ record: FlowRecord, _ catalogue: Catalogue) -> [String] {
        [
            Wording.clock(record.windowStart), catalogue.placement(record.interface)?.label ?? record.interface.short,
            record.direction.rawValue, Wording.verdict(record.verdict), Wording.initiator(record.key, record.detail),
            record.detail == .total ? "*" : "\(record.key.target)", Wording.service(record.key, record.detail),
            record.state.name, Wording.traffic(record.fromInitiator), Wording.traffic(record.fromTarget),
            "\(record.rule.short) \(catalogue.rule(record.rule)?.text ?? "")",
        ]
    }
}
