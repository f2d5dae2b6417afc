import Archive
import Model
import Parquet
import Records

/// The columns of a row group that replaying asks for, row by row without an allocation.
final class ReplayedRows {
    let count: Int
    private let segment: OpenSegment
    private let group: Int
    private let addresses: [FlowColumn: Numbers<UInt128>]
    private let numbers: [FlowColumn: Numbers<Int64>]
    private let initiator: Numbers<UInt128>
    private let target: Numbers<UInt128>
    private let initiatorPort: Numbers<Int64>
    private let targetPort: Numbers<Int64>
    private let icmpType: Numbers<Int64>
    private let icmpCode: Numbers<Int64>
    private let transport: Numbers<Int64>
    private let starts: Numbers<Int64>
    private let ends: Numbers<Int64>
    private let directions: Words<Direction>
    private let verdicts: Words<Verdict>
    private let stages: Words<Stage>
    private var details: [FlowColumn: ColumnVector] = [:]

    /// Values with whether each is there.
    private struct Numbers<Value> {
        let values: [Value]
        let presence: [UInt8]?

        subscript(_ row: Int) -> Value? { presence.map { $0[row] == 1 } ?? true ? values[row] : nil }
        var isAbsent: Bool { presence.map { !$0.contains(1) } ?? false }
    }

    /// Words of a list, read once for each entry of their table.
    private struct Words<Word> {
        private let codes: [UInt32]
        private let presence: [UInt8]?
        private let words: [Word?]

        init(_ vector: ColumnVector, _ word: (String) -> Word?) {
            presence = vector.presence
            if case .texts(let codes, let table) = vector.values {
                self.codes = codes
                let last = codes.max().map(Int.init) ?? -1
                words = (0..<(last + 1)).map { $0 < table.count ? word(table.text(UInt32($0))) : nil }
            } else {
                codes = []
                words = []
            }
        }

        subscript(_ row: Int) -> Word? {
            guard presence.map({ $0[row] == 1 }) ?? true, row < codes.count, Int(codes[row]) < words.count else {
                return nil
            }
            return words[Int(codes[row])]
        }
    }

    init(_ segment: OpenSegment, _ group: Int) throws(ParquetError) {
        (self.segment, self.group) = (segment, group)
        count = segment.file.rowCount(ofGroup: group)
        func integers(_ column: FlowColumn) throws(ParquetError) -> Numbers<Int64> {
            let vector = try segment.read(column, group: group)
            guard case .integers(let values) = vector.values else { return Numbers(values: [], presence: []) }
            return Numbers(values: values, presence: vector.presence)
        }
        func addresses(_ column: FlowColumn) throws(ParquetError) -> Numbers<UInt128> {
            let vector = try segment.read(column, group: group)
            guard case .fixed16(let values) = vector.values else { return Numbers(values: [], presence: []) }
            return Numbers(values: values, presence: vector.presence)
        }
        initiator = try addresses(.initiatorIP)
        target = try addresses(.targetIP)
        initiatorPort = try integers(.initiatorPort)
        targetPort = try integers(.targetPort)
        icmpType = try integers(.icmpType)
        icmpCode = try integers(.icmpCode)
        transport = try integers(.transportNumber)
        starts = try integers(.start)
        ends = try integers(.end)
        // Groups are asked with the source before a translation and the target behind it.
        var translated: [FlowColumn: Numbers<UInt128>] = [:]
        var ports: [FlowColumn: Numbers<Int64>] = [:]
        for column in [FlowColumn.beforeInitiatorIP, .afterTargetIP] {
            let values = try addresses(column)
            if !values.isAbsent { translated[column] = values }
        }
        for column in [FlowColumn.beforeInitiatorPort, .afterTargetPort] where !translated.isEmpty {
            ports[column] = try integers(column)
        }
        (self.addresses, numbers) = (translated, ports)
        directions = Words(try segment.read(.direction, group: group)) { Direction(rawValue: $0) }
        verdicts = Words(try segment.read(.verdict, group: group)) { Verdict(rawValue: $0) }
        stages = Words(try segment.read(.stage, group: group)) { Stage(rawValue: $0) }
    }

    func start(_ row: Int) -> Int64 { starts[row] ?? 0 }
    func end(_ row: Int) -> Int64 { ends[row] ?? starts[row] ?? 0 }
    func direction(_ row: Int) -> Direction? { directions[row] }
    func verdict(_ row: Int) -> Verdict? { verdicts[row] }
    func stage(_ row: Int) -> Stage? { stages[row] }

    /// The session as rules are asked about it; nil where the record does not say all of it.
    func key(_ row: Int) -> FlowKey? {
        guard let number = transport[row].flatMap({ UInt8(exactly: $0) }) else { return nil }
        let transport = TransportProtocol(rawValue: number)
        let source = address(.beforeInitiatorIP, row) ?? initiator[row]
        let goal = address(.afterTargetIP, row) ?? target[row]
        guard let source, let goal else { return nil }
        let (first, second) =
            transport.isICMP
            ? (icmpType[row], icmpCode[row])
            : (
                port(.beforeInitiatorPort, row) ?? initiatorPort[row], port(.afterTargetPort, row) ?? targetPort[row]
            )
        let key = FlowKey(
            initiator: IPAddress(archived: source), target: IPAddress(archived: goal), transport: transport,
            initiatorPort: first.flatMap { UInt16(exactly: $0) }, targetPort: second.flatMap { UInt16(exactly: $0) })
        return key.isWhole && key.initiator.family == key.target.family ? key : nil
    }

    private func address(_ column: FlowColumn, _ row: Int) -> UInt128? {
        addresses.isEmpty ? nil : addresses[column]?[row]
    }

    private func port(_ column: FlowColumn, _ row: Int) -> Int64? { numbers.isEmpty ? nil : numbers[column]?[row] }

    // MARK: What is told of a change

    struct Details {
        let id: String?
        let interface: String?
        let packets: UInt64
        let bytes: UInt64
    }

    func details(_ row: Int) throws(ParquetError) -> Details {
        let instance = try text(.instance, row)
        let name = try text(.interface, row)
        return Details(
            id: try text(.id, row),
            interface: instance.flatMap { instance in name.map { "\(instance)/\($0)" } } ?? name,
            packets: try sum(.packetsFromInitiator, .packetsFromTarget, row),
            bytes: try sum(.bytesFromInitiator, .bytesFromTarget, row))
    }

    private func vector(_ column: FlowColumn) throws(ParquetError) -> ColumnVector {
        if let known = details[column] { return known }
        let vector = try segment.read(column, group: group)
        details[column] = vector
        return vector
    }

    private func text(_ column: FlowColumn, _ row: Int) throws(ParquetError) -> String? {
        let vector = try vector(column)
        guard vector.isPresent(row), case .texts(let codes, let table) = vector.values else { return nil }
        return table.text(codes[row])
    }

    private func sum(_ first: FlowColumn, _ second: FlowColumn, _ row: Int) throws(ParquetError) -> UInt64 {
        var sum: UInt64 = 0
        for column in [first, second] {
            let vector = try vector(column)
            guard vector.isPresent(row), case .integers(let values) = vector.values else { continue }
            sum &+= UInt64(bitPattern: values[row])
        }
        return sum
    }
}
