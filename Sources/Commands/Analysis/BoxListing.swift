import Analysis
import Model
import Records
import Terminal

/// How packets between two ends are listed, and what is told of them.
struct BoxListing<Word: Hashable & Sendable & RawRepresentable>: Listing where Word.RawValue == String {
    /// The key and heading of what is told.
    let key: String
    let word: @Sendable (Word) -> String

    /// Boxes that differ only in one end: a line for people.
    struct Row {
        var from: [String]
        var to: [String]
        let box: PacketBox<Word>
    }

    var columns: [TableColumn] {
        [
            TableColumn(key.uppercased()), TableColumn("FROM"), TableColumn("TO"), TableColumn("SERVICE"),
            TableColumn("ANSWER"), TableColumn("FOR EXAMPLE"),
        ]
    }

    func cells(_ row: Row) -> [String] {
        [
            word(row.box.word), Self.names(row.from), Self.names(row.to), Self.service(row.box.space),
            row.box.answer.map { $0 == .accept ? "passes" : "refused" } ?? "-", Self.text(row.box.witness),
        ]
    }

    var keys: [String] {
        ["from", "to", "family", "protocol", "source_ports", "target_ports", "icmp", key, "answer", "witness"]
    }

    func fields(_ row: Row) -> [Field] {
        let (box, space) = (row.box, row.box.space)
        return [
            Field("from", .text(box.from)), Field("to", .text(box.to)),
            Field("family", .text(space.family == .ipv4 ? "ipv4" : "ipv6")),
            Field("protocol", .text(space.protocolText)),
            Field("source_ports", .text(space.ports(\.first))), Field("target_ports", .text(space.ports(\.second))),
            Field("icmp", Self.icmp(space)), Field(key, .text(word(box.word))),
            Field("answer", .text(box.answer.map(Wording.verdict))), Field("witness", Datum(witness: box.witness)),
        ]
    }

    /// The boxes as rows: each by itself for programs, the like of each other together for people.
    static func rows(_ boxes: [PacketBox<Word>], isTable: Bool) -> [Row] {
        let single = boxes.map { Row(from: [$0.from], to: [$0.to], box: $0) }
        guard isTable else { return single }
        return merged(merged(single, \.to, by: \.from), \.from, by: \.to)
    }

    private struct Likeness: Hashable {
        let ends: [String]
        let space: SpaceBox
        let word: Word
        let answer: Verdict?
    }

    private static func merged(
        _ rows: [Row], _ list: WritableKeyPath<Row, [String]>, by ends: KeyPath<Row, [String]>
    ) -> [Row] {
        var merged: [Row] = []
        var places: [Likeness: Int] = [:]
        for row in rows {
            let likeness = Likeness(
                ends: row[keyPath: ends], space: row.box.space, word: row.box.word, answer: row.box.answer)
            if let place = places[likeness] {
                merged[place][keyPath: list] += row[keyPath: list]
            } else {
                places[likeness] = merged.count
                merged.append(row)
            }
        }
        return merged
    }

    private static func names(_ names: [String]) -> String {
        names.count <= 3
            ? names.joined(separator: ", ") : "\(names.prefix(3).joined(separator: ", ")) and \(names.count - 3) more"
    }

    private static func service(_ space: SpaceBox) -> String {
        let family = space.isOfAnyProtocol ? " (\(space.family.name))" : ""
        guard let rectangle = space.rectangle else { return space.protocolText + family }
        if space.protocols[0].isICMP {
            let code = rectangle.second == 0...255 ? "" : "/\(text(rectangle.second))"
            return "\(space.protocolText)/\(text(rectangle.first))\(code)"
        }
        let target = rectangle.second == 0...UInt16.max ? "" : "/\(text(rectangle.second))"
        let source = rectangle.first == 0...UInt16.max ? "" : " from port \(text(rectangle.first))"
        return "\(space.protocolText)\(target)\(source)"
    }

    private static func text(_ range: ClosedRange<UInt16>) -> String {
        PortRange(range.lowerBound, range.upperBound).description
    }

    /// `10.1.1.10 → 10.1.2.10 tcp/8080`.
    private static func text(_ key: FlowKey) -> String { "\(key.initiator) → \(key.target) \(Wording.service(key))" }

    private static func icmp(_ space: SpaceBox) -> Datum {
        guard space.protocols.allSatisfy(\.isICMP) else { return .absent }
        let all: ClosedRange<UInt16> = 0...255
        return .object([
            Field("type", .text(text(space.rectangle?.first ?? all))),
            Field("code", .text(text(space.rectangle?.second ?? all))),
        ])
    }
}

extension Datum {
    /// A packet by which an answer can be tried out.
    init(witness key: FlowKey) {
        let isICMP = key.transport.isICMP
        self = .object([
            Field("from", .text(key.initiator.description)), Field("to", .text(key.target.description)),
            Field("protocol", .text(key.transport.description)),
            Field("source_port", isICMP ? .absent : .number(key.initiatorPort)),
            Field("target_port", isICMP ? .absent : .number(key.targetPort)),
            Field("icmp_type", .number(key.icmpType)), Field("icmp_code", .number(key.icmpCode)),
        ])
    }
}

extension SpaceBox {
    /// The ports of one end, where the protocols have ports.
    fileprivate func ports(_ end: KeyPath<Region.Rectangle, ClosedRange<UInt16>>) -> String? {
        guard protocols.allSatisfy(\.hasPorts) else { return nil }
        let range = rectangle?[keyPath: end] ?? 0...UInt16.max
        return PortRange(range.lowerBound, range.upperBound).description
    }
}
