import Archive
import Packets
import Records

/// Imports a capture: flows that its packets make are its records.
struct CaptureImport {
    private let path: String
    private let source = Array(ImportFormat.pcap.name.utf8)
    private let file: [UInt8]
    private var meter: CaptureMeter
    private var identities = LineIdentity(.pcap)
    private var lossIdentities = LineIdentity(.pcap)
    /// What the importer was told of already.
    private var countedOthers = 0
    private var countedOdd = 0
    /// Flows that are taken out of the meter at a time.
    private static let flowsAtOnce = 8192

    init(_ path: String, _ settings: MeterSettings) {
        self.path = path
        file = Array(path.utf8)
        meter = CaptureMeter(settings)
    }

    static func fits(_ bytes: [UInt8], _ wanted: ImportFormat?) -> Bool {
        wanted == .pcap || wanted == nil && CaptureMeter.fits(bytes)
    }

    mutating func add(_ bytes: [UInt8], _ importer: inout Importer) throws {
        let fault: CaptureFault?
        do throws(CaptureFault) {
            try meter.add(bytes)
            fault = nil
        } catch {
            fault = error
        }
        try drain(&importer)
        if let fault { throw fault }
    }

    mutating func finish(_ importer: inout Importer) throws {
        try meter.finish()
        try endFlows(&importer)
    }

    /// Takes in the flows that are open: nothing comes any more.
    mutating func endFlows(_ importer: inout Importer) throws {
        var isGoingOn = true
        while isGoingOn {
            isGoingOn = meter.endNext(Self.flowsAtOnce)
            try drain(&importer)
        }
    }

    private mutating func drain(_ importer: inout Importer) throws {
        for flow in meter.takeFlows() {
            let identity = identities.next(flow.content[...], context: [])
            let place = Place(source: source[...], file: file[...], line: flow.firstPacket)
            try importer.take(place, identity: identity) { flow.set(in: &$0) }
        }
        let oddities = meter.takeOddities()
        for oddity in oddities { importer.complain(path, oddity.packet, oddity.reason.description) }
        importer.count(
            otherEvents: meter.otherPackets - countedOthers, furtherBad: meter.oddPackets - countedOdd - oddities.count)
        (countedOthers, countedOdd) = (meter.otherPackets, meter.oddPackets)
        for drops in meter.takeDrops() {
            let identity = lossIdentities.next(drops.content[...], context: Array("drops".utf8))
            try importer.take(.statement(drops.statement), identity: identity, file: path, line: 0)
        }
    }
}

extension CaptureDrops {
    fileprivate var statement: Statement {
        var statement = Statement(
            id: "", kind: .loss, host: ImportFormat.pcap.name, start: start, end: end, reason: "capture dropped packets"
        )
        (statement.interface, statement.packets) = (interface, packets)
        return statement
    }

    fileprivate var content: [UInt8] { Array("\(interface ?? "") \(packets) \(start) \(end)".utf8) }
}

extension MeteredFlow {
    /// What tells the flow from others; all but the last parts have a fixed length.
    fileprivate var content: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(128)
        func add(_ number: some FixedWidthInteger) {
            for shift in stride(from: number.bitWidth - 8, through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: number >> shift))
            }
        }
        add(initiator)
        add(target)
        add(transport)
        add(ports.map { Int64($0.initiator) << 16 | Int64($0.target) } ?? -1)
        add(icmp.map { Int32($0.type) << 8 | Int32($0.code) } ?? -1)
        add(flags.map(Int16.init) ?? -1)
        add(start)
        add(end)
        add(packetsFromInitiator)
        add(bytesFromInitiator)
        add(packetsFromTarget)
        add(bytesFromTarget)
        bytes += endReason.rawValue.utf8
        bytes.append(0)
        bytes += (device ?? "").utf8
        return bytes
    }

    fileprivate func set(in batch: inout FlowBatch) {
        batch.set(.start, instant: start)
        batch.set(.end, instant: end)
        batch.set(.initiatorIP, address: initiator)
        batch.set(.targetIP, address: target)
        batch.set(transport: transport)
        if let ports {
            batch.set(.initiatorPort, number: UInt64(ports.initiator))
            batch.set(.targetPort, number: UInt64(ports.target))
        }
        if let icmp {
            batch.set(.icmpType, number: UInt64(icmp.type))
            batch.set(.icmpCode, number: UInt64(icmp.code))
        }
        if let flags { batch.set(.flags, number: UInt64(flags)) }
        batch.set(.packetsFromInitiator, number: packetsFromInitiator)
        batch.set(.bytesFromInitiator, number: bytesFromInitiator)
        batch.set(.packetsFromTarget, number: packetsFromTarget)
        batch.set(.bytesFromTarget, number: bytesFromTarget)
        batch.set(.endReason, text: endReason.rawValue)
        if let device { batch.set(.device, text: device) }
    }
}
