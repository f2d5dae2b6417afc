import Archive
import Foundation
import Records

/// A day of flow records: 10,000 interfaces, talkers and services with a long tail; the same for the same seed.
struct Generator {
    private var state: UInt64
    private let day: Int64 = 1_780_012_800_000_000
    private let interfaces = 10_000
    private static let services: [(port: Int64, share: Double)] = [
        (443, 0.42), (53, 0.18), (80, 0.08), (5432, 0.06), (6379, 0.05), (22, 0.03), (9092, 0.05), (3306, 0.04),
        (8080, 0.05), (25, 0.01), (3389, 0.03),
    ]
    private let columns = Columns()

    /// Places of columns, looked up once.
    private struct Columns {
        let id = FlowColumn.id.ordinal
        let start = FlowColumn.start.ordinal
        let end = FlowColumn.end.ordinal
        let project = FlowColumn.project.ordinal
        let vpc = FlowColumn.vpc.ordinal
        let interface = FlowColumn.interfaceID.ordinal
        let direction = FlowColumn.direction.ordinal
        let verdict = FlowColumn.verdict.ordinal
        let rule = FlowColumn.rule.ordinal
        let transport = FlowColumn.transport.ordinal
        let source = FlowColumn.initiatorIP.ordinal
        let target = FlowColumn.targetIP.ordinal
        let sourcePort = FlowColumn.initiatorPort.ordinal
        let targetPort = FlowColumn.targetPort.ordinal
        let packets = FlowColumn.packetsFromInitiator.ordinal
        let bytes = FlowColumn.bytesFromInitiator.ordinal
        let answered = FlowColumn.bytesFromTarget.ordinal
    }

    init(seed: UInt64) { state = seed }

    private mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    private mutating func unit() -> Double { Double(next() >> 11) / 9_007_199_254_740_992 }

    /// A number below `count`, small ones far more often.
    private mutating func ranked(_ count: Int) -> Int {
        let value = Double(count + 1).power(unit()) - 1
        return min(count - 1, max(0, Int(value)))
    }

    /// Adds one record of the hour.
    mutating func add(hour: Int, to batch: inout FlowBatch) {
        let interface = ranked(interfaces)
        let isEgress = next() % 2 == 0
        let own = UInt128(0xffff_0a00_0000) + UInt128(interface)
        let peer =
            next() % 5 == 0
            ? UInt128(0xffff_c633_0000) + UInt128(ranked(65_536))
            : UInt128(0xffff_0a00_0000) + UInt128(ranked(interfaces))
        var share = unit()
        var port = Self.services[0].port
        for service in Self.services {
            port = service.port
            share -= service.share
            if share < 0 { break }
        }
        let isRefused = unit() < 0.06
        let start = day + Int64(hour) * 3_600_000_000 + Int64(next() % 3_600_000_000)
        let packets = isRefused ? 1 + Int64(next() % 3) : 1 + Int64(ranked(2000))
        batch.set(columns.start, integer: start)
        batch.set(columns.end, integer: start + (isRefused ? 0 : Int64(ranked(60_000)) * 1000))
        batch.set(columns.project, text: "shop")
        batch.set(columns.vpc, text: "vpc-\(interface % 4)")
        batch.set(columns.interface, text: "eni-\(interface)")
        batch.set(columns.direction, text: isEgress ? "egress" : "ingress")
        batch.set(columns.verdict, text: isRefused ? "drop" : "accept")
        batch.set(columns.rule, text: isRefused ? "default refusal" : "rule \(port) of group \(interface % 40)")
        batch.set(columns.transport, text: port == 53 ? "udp" : "tcp")
        batch.set(columns.source, address: isEgress ? own : peer)
        batch.set(columns.target, address: isEgress ? peer : own)
        batch.set(columns.sourcePort, integer: 32_768 + Int64(next() % 28_232))
        batch.set(columns.targetPort, integer: port)
        batch.set(columns.packets, integer: packets)
        batch.set(columns.bytes, integer: packets * (40 + Int64(next() % 700)))
        if !isRefused { batch.set(columns.answered, integer: Int64(ranked(3_000_000))) }
        batch.endRow()
    }
}

extension Double {
    /// The number to the power of an exponent from 0 to 1.
    fileprivate func power(_ exponent: Double) -> Double { Foundation.pow(self, exponent) }
}
