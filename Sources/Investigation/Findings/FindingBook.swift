import Archive
import Foundation
import Model

/// All findings of a run, bounded; what was found beyond the bound is counted.
final class FindingBook {
    private var open: [OpenFinding] = []
    private(set) var refused = 0

    /// Opens a finding with its first evidence; nil where there are too many.
    func begin(
        _ kind: FindingKind, _ entity: OpenFinding.Entity, at time: Int64, contacts: Int, severity: Severity,
        _ marks: [OpenFinding.Mark]
    ) -> OpenFinding? {
        guard open.count < Limit.findingsOfRun.bound else {
            refused += 1
            return nil
        }
        let finding = OpenFinding(kind, entity, at: time, contacts: contacts, severity: severity)
        for mark in marks { finding.add(mark) }
        open.append(finding)
        return finding
    }

    /// All findings that stand, in the order of their beginning.
    func findings(_ names: Names) -> [Finding] {
        Causes.join(open)
        return open.filter { !$0.isWithdrawn }.map { Self.close($0, names) }
            .sorted { $0.firstSeen != $1.firstSeen ? $0.firstSeen < $1.firstSeen : $0.id < $1.id }
    }

    private static func close(_ open: OpenFinding, _ names: Names) -> Finding {
        let evidence = open.evidence.map { names.id($0) }
        let parts = score(open)
        return Finding(
            id: id(open, evidence.first ?? ""), kind: open.kind, entity: text(open.entity),
            targets: open.targets.map { IPAddress(archived: $0) }.sorted().map(\.description),
            targetCount: open.targetCount.count, ports: open.ports.sorted().map { Int($0) },
            portCount: open.portCount.count,
            transport: open.transport.map { TransportProtocol(rawValue: $0).description }, firstSeen: open.firstSeen,
            lastSeen: open.lastSeen, foundAt: open.foundAt, score: parts.reduce(0) { $0 + $1.points }, parts: parts,
            severity: open.severity, evidence: evidence, records: open.records, contacts: open.contacts,
            rules: open.rules.map { names.text($0) }.sorted(),
            interfaces: open.interfaces.map { names.text($0) }.sorted(), parameters: open.parameters, note: open.note,
            filter: filter(open))
    }

    /// Certainty up to 60, what it touched up to 20, what it reached up to 20.
    private static func score(_ open: OpenFinding) -> [Finding.Part] {
        let breadth = Double(max(open.targetCount.count, open.portCount.count, 1))
        let records = Double(max(open.records, 1))
        return [
            Finding.Part(name: "certainty", points: min(max(open.certainty, 0), 60)),
            Finding.Part(
                name: "extent", points: min(20, 2.5 * Foundation.log2(breadth) + Foundation.log2(records))),
            Finding.Part(name: "exposure", points: open.reached > 0 ? 20 : open.passed > 0 ? 8 : 0),
        ]
    }

    private static func id(_ open: OpenFinding, _ first: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in "\(open.kind.rawValue) \(text(open.entity)) \(first)".utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
        }
        let digits = String(Mixing.key(hash), radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func text(_ entity: OpenFinding.Entity) -> String {
        switch entity {
        case .initiator(let address), .target(let address), .either(let address):
            IPAddress(archived: address).description
        case .service(let transport, let port): "\(TransportProtocol(rawValue: transport))/\(port)"
        }
    }

    private static func filter(_ open: OpenFinding) -> String {
        var text: String
        switch open.entity {
        case .initiator(let address): text = "src = \(IPAddress(archived: address))"
        case .target(let address): text = "dst = \(IPAddress(archived: address))"
        case .either(let address):
            let shown = IPAddress(archived: address)
            return "src = \(shown) or dst = \(shown)"
        case .service(_, let port): text = "dport = \(port)"
        }
        if open.ports.count == 1, open.portCount.count == 1, let port = open.ports.first {
            text += " and dport = \(port)"
        }
        if case .initiator = open.entity, open.targetCount.count == 1, let target = open.targets.first {
            text += " and dst = \(IPAddress(archived: target))"
        }
        return text
    }
}
