/// Reads messages of NetFlow 5 and 9 and of IPFIX, with what their exporters said before.
///
/// Templates are kept by exporter, domain and version, 4096 of all: who sends must be known, but not trusted.
package struct ExportDecoder {
    struct Source: Hashable {
        let exporter: String
        let version: UInt16
        let domain: UInt32
    }

    struct State {
        var templates: [UInt16: ExportTemplate] = [:]
        /// What the next message's number is to be.
        var sequence: UInt32?
        var sampling: UInt64?
    }

    package static let mostTemplates = 4096
    package static let mostSources = 1024

    private var states: [Source: State] = [:]
    var templateCount = 0
    private var flows: [ExportedFlow] = []
    var notes: [ExportNote] = []
    /// Records that tell of something else than flows: options, counters of interfaces.
    package private(set) var otherRecords = 0

    package init() {}

    /// Whether content begins as a message does.
    package static func fits(_ bytes: [UInt8]) -> Bool { bytes.count >= 2 && isVersion(bytes.span.big16(0)) }

    package mutating func takeFlows() -> [ExportedFlow] {
        defer { flows = [] }
        return flows
    }

    package mutating func takeNotes() -> [ExportNote] {
        defer { notes = [] }
        return notes
    }

    /// Where the message ends that begins at a place; nil where more of it may come.
    ///
    /// A message of version 9 does not say its length: no set has the number of a version, so one ends where the next begins.
    package static func end(
        ofMessageIn bytes: [UInt8], at place: Int, isWhole: Bool
    ) throws(ExportFault) -> Int? {
        let span = bytes.span
        let left = span.count - place
        guard left >= 16 else {
            if isWhole { throw ExportFault(offset: 0, reason: "a message ends within its heading") }
            return nil
        }
        let version = span.big16(place)
        var end = place
        switch version {
        case 5: end += 24 + 48 * Int(span.big16(place + 2))
        case 10: end += max(16, Int(span.big16(place + 2)))
        case 9:
            end += 20
            while span.count - end >= 4, !isVersion(span.big16(end)) {
                end += max(4, Int(span.big16(end + 2)))
                guard end - place <= longestMessage else {
                    throw ExportFault(offset: 0, reason: "a message has more than \(longestMessage) bytes")
                }
            }
            if span.count - end < 4, !isWhole { return nil }
        default:
            throw ExportFault(offset: 0, reason: "version \(version) is none that is read; 5, 9 and 10 (IPFIX) are")
        }
        guard end <= span.count else {
            if isWhole { throw ExportFault(offset: left, reason: "a message is cut off") }
            return nil
        }
        return end
    }

    /// Longer than any datagram.
    private static let longestMessage = 1 << 16

    private static func isVersion(_ number: UInt16) -> Bool { number == 5 || number == 9 || number == 10 }

    /// Reads one message, which an exporter sent.
    package mutating func read(
        _ bytes: [UInt8], _ range: Range<Int>, from exporter: String
    ) throws(ExportFault) {
        let span = bytes.span
        let start = range.lowerBound
        let heading = Int(span.big16(start)) == 5 ? 24 : span.big16(start) == 9 ? 20 : 16
        guard range.count >= heading else { throw ExportFault(offset: 0, reason: "a message ends within its heading") }
        let version = span.big16(start)
        let time =
            version == 10
            ? ExportTime(sent: Int64(span.big32(start + 4)) * 1_000_000, uptime: nil)
            : ExportTime(
                sent: Int64(span.big32(start + 8)) * 1_000_000
                    + (version == 5 ? Int64(min(span.big32(start + 12), 999_999_999)) / 1000 : 0),
                uptime: span.big32(start + 4))
        let domain: UInt32 =
            switch version {
            case 5: UInt32(span.big16(start + 20))
            case 9: span.big32(start + 16)
            default: span.big32(start + 12)
            }
        let source = Source(exporter: exporter, version: version, domain: domain)
        // Taken out, so that its tables are not copied.
        var state = states.removeValue(forKey: source) ?? State()
        defer {
            if states.count < Self.mostSources {
                states[source] = state
            } else {
                templateCount -= state.templates.count
            }
        }
        let number = span.big32(start + (version == 5 ? 16 : version == 9 ? 12 : 8))
        note(number, source, time, &state)
        var records: UInt32? = 0
        if version == 5 {
            records = try readFixed(span, range, time, domain)
        } else {
            try readSets(span, start + heading..<range.upperBound, start, source, time, &state, &records)
        }
        // Version 9 numbers messages, the others flows.
        state.sequence = version == 9 ? number &+ 1 : records.map { number &+ $0 }
    }

    private mutating func note(_ number: UInt32, _ source: Source, _ time: ExportTime, _ state: inout State) {
        guard let wanted = state.sequence, wanted != number else { return }
        let missing = number &- wanted
        // What goes back is a restart, or came late.
        guard missing < 1 << 31 else { return }
        let isMessages = source.version == 9
        notes.append(
            .gap(
                domain: source.domain, records: isMessages ? nil : UInt64(missing),
                messages: isMessages ? UInt64(missing) : nil, at: time.sent))
    }

    private mutating func readFixed(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ time: ExportTime, _ domain: UInt32
    ) throws(ExportFault) -> UInt32 {
        let count = Int(bytes.big16(range.lowerBound + 2))
        guard range.count >= 24 + 48 * count else {
            throw ExportFault(offset: range.count, reason: "the message claims \(count) records")
        }
        let interval = UInt64(bytes.big16(range.lowerBound + 22) & 0x3fff)
        for place in stride(from: range.lowerBound + 24, to: range.lowerBound + 24 + 48 * count, by: 48) {
            var flow = ExportedFlow()
            flow.source = 0xffff << 32 | UInt128(bytes.big32(place))
            flow.target = 0xffff << 32 | UInt128(bytes.big32(place + 4))
            (flow.packets, flow.bytes) = (UInt64(bytes.big32(place + 16)), UInt64(bytes.big32(place + 20)))
            flow.start = time.instant(uptime: bytes.big32(place + 24))
            flow.end = time.instant(uptime: bytes.big32(place + 28))
            (flow.sourcePort, flow.targetPort) = (bytes.big16(place + 32), bytes.big16(place + 34))
            (flow.flags, flow.transport) = (bytes[place + 37], bytes[place + 38])
            flow.sampling = interval > 1 ? interval : nil
            add(flow, time, domain)
        }
        return UInt32(count)
    }

    private mutating func readSets(
        _ bytes: Span<UInt8>, _ range: Range<Int>, _ start: Int, _ source: Source, _ time: ExportTime,
        _ state: inout State, _ records: inout UInt32?
    ) throws(ExportFault) {
        var place = range.lowerBound
        while range.upperBound - place >= 4 {
            let (set, length) = (bytes.big16(place), Int(bytes.big16(place + 2)))
            guard length >= 4, length <= range.upperBound - place else {
                throw ExportFault(offset: place - start, reason: "a set claims \(length) bytes")
            }
            let body = place + 4..<place + length
            switch (source.version, set) {
            case (9, 0), (10, 2): try readTemplates(bytes, body, start, source, isOptions: false, &state)
            case (9, 1), (10, 3): try readTemplates(bytes, body, start, source, isOptions: true, &state)
            case (_, 256...): readData(bytes, body, set, source, time, &state, &records)
            default: break
            }
            place += length
        }
    }

    private mutating func readData(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ set: UInt16, _ source: Source, _ time: ExportTime,
        _ state: inout State, _ records: inout UInt32?
    ) {
        guard let template = state.templates[set] else {
            notes.append(.withoutTemplate(domain: source.domain, template: set, bytes: body.count))
            records = nil
            return
        }
        var place = body.lowerBound
        while body.upperBound - place >= template.shortest {
            var reader = RecordReader(template, time)
            guard let next = reader.read(bytes, place..<body.upperBound) else {
                records = nil
                return
            }
            place = next
            records = records.map { $0 &+ 1 }
            if template.isOptions {
                state.sampling = reader.sampling ?? state.sampling
                otherRecords += 1
            } else {
                var flow = reader.flow
                flow.sampling = reader.sampling ?? state.sampling
                add(flow, time, source.domain)
            }
        }
    }

    private mutating func add(_ flow: ExportedFlow, _ time: ExportTime, _ domain: UInt32) {
        guard flow.source != nil || flow.target != nil else {
            otherRecords += 1
            return
        }
        var flow = flow
        flow.domain = domain
        flow.start = flow.start ?? flow.end ?? time.sent
        flow.end = flow.end ?? flow.start
        switch flow.transport {
        case 1, 58:
            // Where there is no field of its own, type and code stand in the target's port.
            flow.icmp = flow.icmp ?? flow.targetPort
            (flow.sourcePort, flow.targetPort) = (nil, nil)
        case 6, 17, 33, 132, 136, nil: flow.icmp = nil
        default: (flow.sourcePort, flow.targetPort, flow.icmp) = (nil, nil, nil)
        }
        flows.append(flow)
    }
}
