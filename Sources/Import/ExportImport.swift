import Archive
import FlowExports
import Model
import Records

/// Imports messages of NetFlow 5, 9 and IPFIX that lie one behind the other in a file, as `nc -lu` writes them.
struct ExportImport {
    private let path: String
    private let source = Array(ImportFormat.netflow.name.utf8)
    private let file: [UInt8]
    private var decoder = ExportDecoder()
    private var identities = LineIdentity(.netflow)
    private var lossIdentities = LineIdentity(.netflow)
    /// What is no whole message yet, and where in the content it begins.
    private var rest: [UInt8] = []
    private var offset = 0
    private var message = 0
    private var countedOthers = 0

    init(_ path: String) {
        self.path = path
        file = Array(path.utf8)
    }

    static func fits(_ bytes: [UInt8], _ wanted: ImportFormat?) -> Bool {
        (wanted ?? .netflow) == .netflow && ExportDecoder.fits(bytes)
    }

    mutating func add(_ bytes: [UInt8], _ importer: inout Importer) throws {
        rest += bytes
        try read(isWhole: false, &importer)
    }

    mutating func finish(_ importer: inout Importer) throws { try read(isWhole: true, &importer) }

    private mutating func read(isWhole: Bool, _ importer: inout Importer) throws {
        var place = 0
        defer {
            offset += place
            rest = Array(rest[place...])
        }
        while place < rest.count {
            let end: Int
            do throws(ExportFault) {
                guard let next = try ExportDecoder.end(ofMessageIn: rest, at: place, isWhole: isWhole) else { return }
                end = next
            } catch {
                throw InputFile.Fault(
                    description: "message \(message + 1): \(error.reason), at byte \(offset + place + error.offset)")
            }
            message += 1
            do throws(ExportFault) {
                try decoder.read(rest, place..<end, from: "")
            } catch {
                // The next message is whole; records before the fault are right.
                importer.complain(path, message, error.description)
            }
            place = end
            try drain(&importer)
        }
    }

    private mutating func drain(_ importer: inout Importer) throws {
        for flow in decoder.takeFlows() {
            guard let start = flow.start, let end = flow.end, end >= start else {
                importer.complain(path, message, "the end is before the start")
                continue
            }
            let identity = identities.next(flow.content[...], context: [])
            try importer.take(
                Place(source: source[...], file: file[...], line: message), identity: identity
            ) { flow.set(start: start, end: end, in: &$0) }
        }
        importer.count(otherEvents: decoder.otherRecords - countedOthers, furtherBad: 0)
        countedOthers = decoder.otherRecords
        for note in decoder.takeNotes() { try take(note, &importer) }
    }

    private mutating func take(_ note: ExportNote, _ importer: inout Importer) throws {
        switch note {
        case .gap(let domain, let records, let messages, let instant):
            var statement = Statement(
                id: "", kind: .loss, host: ImportFormat.netflow.name, start: instant, end: instant,
                reason: messages.map { "\($0) messages of domain \(domain) are missing" }
                    ?? "records of domain \(domain) are missing")
            statement.records = records
            let content = Array("\(statement.reason) \(records ?? 0) \(instant)".utf8)
            let identity = lossIdentities.next(content[...], context: Array("gap".utf8))
            try importer.take(.statement(statement), identity: identity, file: path, line: message)
        case .withoutTemplate(let domain, let template, let bytes):
            importer.complain(
                path, message, "\(bytes) bytes of domain \(domain) came before their template, \(template)")
        case .tooManyTemplates(let domain):
            importer.complain(
                path, message,
                "a template of domain \(domain) is left out, where \(ExportDecoder.mostTemplates) are kept")
        }
    }
}

extension ExportedFlow {
    /// What tells the flow from others: which values there are, and the values.
    fileprivate var content: [UInt8] {
        let values: [UInt128?] = [
            source, target, sourcePort.map { UInt128($0) }, targetPort.map { UInt128($0) },
            transport.map { UInt128($0) }, icmp.map { UInt128($0) }, flags.map { UInt128($0) },
            start.map { UInt128(UInt64(bitPattern: $0)) }, end.map { UInt128(UInt64(bitPattern: $0)) },
            packets.map { UInt128($0) }, bytes.map { UInt128($0) }, packetsBack.map { UInt128($0) },
            bytesBack.map { UInt128($0) }, sampling.map { UInt128($0) }, endReason.map { UInt128($0) },
            forwarding.map { UInt128($0) }, firewallEvent.map { UInt128($0) }, sourceBehind, targetBehind,
            sourcePortBehind.map { UInt128($0) }, targetPortBehind.map { UInt128($0) }, UInt128(domain),
        ]
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 17)
        for value in values {
            bytes.append(value == nil ? 0 : 1)
            for shift in stride(from: 120, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: (value ?? 0) >> UInt128(shift)))
            }
        }
        return bytes
    }

    fileprivate func set(start: Int64, end: Int64, in batch: inout FlowBatch) {
        batch.set(.start, instant: start)
        batch.set(.end, instant: end)
        if let source { batch.set(.initiatorIP, address: source) }
        if let target { batch.set(.targetIP, address: target) }
        if let transport { batch.set(transport: transport) }
        let numbers: [(FlowColumn, UInt64?)] = [
            (.initiatorPort, sourcePort.map(UInt64.init)), (.targetPort, targetPort.map(UInt64.init)),
            (.icmpType, icmp.map { UInt64($0 >> 8) }), (.icmpCode, icmp.map { UInt64($0 & 255) }),
            (.flags, transport == 6 ? flags.map(UInt64.init) : nil), (.packetsFromInitiator, packets),
            (.bytesFromInitiator, bytes), (.packetsFromTarget, packetsBack), (.bytesFromTarget, bytesBack),
            (.sampling, sampling), (.hostTranslationInitiatorPort, sourcePortBehind.map(UInt64.init)),
            (.hostTranslationTargetPort, targetPortBehind.map(UInt64.init)),
        ]
        for (column, number) in numbers { if let number { batch.set(column, number: number) } }
        if let sourceBehind { batch.set(.hostTranslationInitiatorIP, address: sourceBehind) }
        if let targetBehind { batch.set(.hostTranslationTargetIP, address: targetBehind) }
        if firewallEvent == 3 {
            batch.set(.verdict, text: Verdict.drop.rawValue)
        } else if let forwarding {
            NfdumpValues.setVerdict(UInt64(forwarding), &batch)
        }
        let reason: EndReason? =
            switch endReason {
            case 1: .idle
            case 2: .active
            // The end of the flow was seen: FIN or RST, which the number does not say.
            case 4: .forced
            case 5: .resource
            default: nil
            }
        if let reason { batch.set(.endReason, text: reason.rawValue) }
    }
}
