import Archive
import Model
import Parquet
import Records

/// The columns of some rows that observations are made of.
struct RecordColumns {
    private let columns: [FlowColumn: ColumnVector]
    private let starts: [Int64]
    let count: Int

    static let read: [FlowColumn] = [
        .id, .start, .end, .initiatorIP, .targetIP, .initiatorPort, .targetPort, .transportNumber, .direction, .verdict,
        .state, .detail, .flags, .packetsFromInitiator, .bytesFromInitiator, .packetsFromTarget, .bytesFromTarget,
        .rule, .ruleID, .interfaceID, .icmpType, .windowStart, .connectionStart,
    ]

    init(_ segment: OpenSegment, group: Int) throws(ParquetError) {
        var columns: [FlowColumn: ColumnVector] = [:]
        for column in Self.read { columns[column] = try segment.read(column, group: group) }
        self.init(columns)
    }

    init(_ columns: [FlowColumn: ColumnVector]) {
        self.columns = columns
        if case .integers(let values)? = columns[.start]?.values { starts = values } else { starts = [] }
        count = starts.count
    }

    /// Hands over the rows that began in a span and have both addresses, and says how many had not.
    func forEach(from: Int64, until: Int64, _ names: inout Names, _ take: (Observation) -> Void) -> Int {
        let integers = Integers(columns)
        let words = Codes(columns, &names)
        guard case .texts(let ids, let idTable)? = columns[.id]?.values,
            case .fixed16(let initiators)? = columns[.initiatorIP]?.values,
            case .fixed16(let targets)? = columns[.targetIP]?.values
        else { return count }
        let (hasInitiator, hasTarget) = (columns[.initiatorIP]?.presence, columns[.targetIP]?.presence)
        var without = 0
        for row in 0..<count where starts[row] >= from && starts[row] < until {
            guard (hasInitiator.map { $0[row] == 1 } ?? true) && (hasTarget.map { $0[row] == 1 } ?? true) else {
                without += 1
                continue
            }
            var flow = Observation(record: names.key(idTable[ids[row]]))
            flow.start = starts[row]
            flow.end = max(integers.value(.end, row) ?? flow.start, flow.start)
            (flow.initiator, flow.target) = (initiators[row], targets[row])
            words.set(&flow, row)
            // A session that ends may have begun windows ago.
            if let began = integers.value(.connectionStart, row), let window = integers.value(.windowStart, row),
                began < window
            {
                flow.isContinuing = true
            }
            integers.set(&flow, row, isRefused: words.isRefused(row), isContinuing: flow.isContinuing)
            take(flow)
        }
        return without
    }
}

/// The numbers of rows.
private struct Integers {
    private let place: [([Int64], [UInt8]?)?]

    init(_ columns: [FlowColumn: ColumnVector]) {
        var place: [([Int64], [UInt8]?)?] = Array(repeating: nil, count: FlowColumn.allCases.count)
        for (column, vector) in columns {
            if case .integers(let values) = vector.values { place[column.ordinal] = (values, vector.presence) }
        }
        self.place = place
    }

    private static let ports = (FlowColumn.initiatorPort.ordinal, FlowColumn.targetPort.ordinal)
    private static let transport = FlowColumn.transportNumber.ordinal
    private static let sent = (FlowColumn.packetsFromInitiator.ordinal, FlowColumn.bytesFromInitiator.ordinal)
    private static let answered = (FlowColumn.packetsFromTarget.ordinal, FlowColumn.bytesFromTarget.ordinal)
    private static let flags = FlowColumn.flags.ordinal
    private static let icmpType = FlowColumn.icmpType.ordinal

    func value(_ column: FlowColumn, _ row: Int) -> Int64? { value(column.ordinal, row) }

    private func value(_ ordinal: Int, _ row: Int) -> Int64? {
        guard let (values, presence) = place[ordinal], presence.map({ $0[row] == 1 }) ?? true else { return nil }
        return values[row]
    }

    private func count(_ ordinal: Int, _ row: Int) -> UInt64? { value(ordinal, row).map { UInt64(bitPattern: $0) } }

    /// Sets what is of numbers, and tells the outcome; turns round what is an answer's record.
    func set(_ flow: inout Observation, _ row: Int, isRefused: Bool, isContinuing: Bool) {
        flow.initiatorPort = UInt16(truncatingIfNeeded: value(Self.ports.0, row) ?? 0)
        flow.targetPort = UInt16(truncatingIfNeeded: value(Self.ports.1, row) ?? 0)
        flow.transport = UInt8(truncatingIfNeeded: value(Self.transport, row) ?? 0)
        flow.packets = count(Self.sent.0, row) ?? 0
        flow.bytes = count(Self.sent.1, row) ?? 0
        let isV6 = flow.initiator >> 32 != 0xffff
        if let answers = count(Self.answered.0, row) {
            flow.answers = answers
            flow.answered = count(Self.answered.1, row) ?? 0
            flow.outcome =
                isRefused
                ? .refused
                : .ofBoth(
                    transport: flow.transport, isV6: isV6, packets: flow.packets, answers: answers,
                    answered: flow.answered, isContinuing: isContinuing)
            return
        }
        let flags = value(Self.flags, row).map { UInt8(truncatingIfNeeded: $0) }
        let isAnswer = flags.map { $0 & 0x12 == 0x12 } ?? false
        // A SYN without ACK asks, whatever its ports are.
        let asks = flags.map { $0 & 0x12 == 0x02 } ?? false
        let type = value(Self.icmpType, row)
        let isEcho = flow.transport == 1 && type == 0 || flow.transport == 58 && type == 129
        guard isAnswer || isEcho || !asks && ServicePorts.isAnswer(from: flow.initiatorPort, to: flow.targetPort) else {
            flow.outcome =
                isRefused
                ? .refused
                : .ofOne(
                    transport: flow.transport, isV6: isV6, packets: flow.packets, bytes: flow.bytes, flags: flags)
            return
        }
        guard !isRefused else {
            flow.outcome = .refused
            return
        }
        (flow.initiator, flow.target) = (flow.target, flow.initiator)
        (flow.initiatorPort, flow.targetPort) = (flow.targetPort, flow.initiatorPort)
        (flow.answers, flow.answered) = (flow.packets, flow.bytes)
        (flow.packets, flow.bytes) = (0, 0)
        flow.isReply = true
        // A reset is a header alone.
        let isBare = flow.transport == 6 && flow.answered <= flow.answers &* (isV6 ? 60 : 40) && flow.answers <= 3
        flow.outcome = isBare && !isAnswer ? .reset : .answered
        switch flow.way {
        case .ingress: flow.way = .egress
        case .egress: flow.way = .ingress
        case .unknown: break
        }
    }
}

/// The words of rows, each looked at once for all rows that have it.
private struct Codes {
    private let ways: Words<Observation.Way>
    private let refused: Words<Bool>
    private let continuing: Words<Bool>
    private let coarse: Words<Bool>
    private let rules: Words<UInt32>
    private let interfaces: Words<UInt32>

    init(_ columns: [FlowColumn: ColumnVector], _ names: inout Names) {
        ways = Words(columns[.direction], .unknown) { $0 == "ingress" ? .ingress : $0 == "egress" ? .egress : .unknown }
        refused = Words(columns[.verdict], false) { $0 == Verdict.drop.rawValue }
        continuing = Words(columns[.state], false) { $0 == "continuing" }
        coarse = Words(columns[.detail], false) { $0 != "full" }
        let rule = columns[.rule]
        let hasRule = (rule?.presentCount ?? 0) > 0
        rules = Words(hasRule ? rule : columns[.ruleID], 0) { names.number($0) }
        interfaces = Words(columns[.interfaceID], 0) { names.number($0) }
    }

    func isRefused(_ row: Int) -> Bool { refused[row] }

    func set(_ flow: inout Observation, _ row: Int) {
        flow.way = ways[row]
        flow.isContinuing = continuing[row]
        flow.isCoarse = coarse[row]
        flow.rule = rules[row]
        flow.interface = interfaces[row]
    }
}

/// What each row's text means.
private struct Words<Meaning> {
    private var codes: [UInt32] = []
    private var presence: [UInt8]?
    private var meanings: [Meaning] = []
    private let absent: Meaning

    init(_ vector: ColumnVector?, _ absent: Meaning, _ meaning: (String) -> Meaning) {
        self.absent = absent
        guard let vector, case .texts(let codes, let table) = vector.values else { return }
        (self.codes, presence) = (codes, vector.presence)
        meanings = (0..<UInt32(table.count)).map { meaning(table.text($0)) }
    }

    subscript(row: Int) -> Meaning {
        guard row < codes.count, presence.map({ $0[row] == 1 }) ?? true else { return absent }
        return meanings[Int(codes[row])]
    }
}
