import Archive
import Foundation
import Records

/// A day of flow records as flow logs of clouds have them: instants in whole seconds, spans under a minute, eight of a hundred
/// refused; the same for the same seed.
struct Generator {
    private var state: UInt64
    private let day: Int64 = 1_780_012_800_000_000
    private let population = Population()
    private let columns = Columns()

    /// Places of columns, looked up once.
    private struct Columns {
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
        let answers = FlowColumn.packetsFromTarget.ordinal
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

    private mutating func below(_ count: UInt64) -> Int64 { Int64(next() % count) }

    /// Packets: many with few, few with many.
    private mutating func packets() -> Int64 {
        // Box and Muller.
        let normal = (-2 * Foundation.log(max(unit(), 1e-12))).squareRoot() * Foundation.cos(2 * .pi * unit())
        return Int64(Foundation.exp(2.2 + 1.6 * normal)) + 1
    }

    private mutating func size() -> Int64 { unit() < 0.5 ? 52 + below(88) : 140 + below(1320) }

    /// Adds one record of the hour.
    mutating func add(hour: Int, to batch: inout FlowBatch) {
        let interface = Population.interface(ofRank: population.interfaces.rank(at: unit()))
        let own = Population.address(ofInterface: interface)
        let isRefused = unit() < 0.08
        let isEgress = !isRefused && next() % 2 == 0
        let peer: UInt128
        if !isRefused, unit() < 0.6 {
            // Of the same VPC.
            let other = Population.interface(ofRank: population.interfaces.rank(at: unit()))
            peer = Population.address(
                ofInterface: other / Population.vpcs * Population.vpcs + interface % Population.vpcs)
        } else {
            peer = Population.outsideAddress(ofRank: population.outside.rank(at: unit()))
        }
        let service =
            isRefused
            ? Population.knocked[population.knocks.rank(at: unit())]
            : Population.ports[population.services.rank(at: unit())]
        let start = day + (Int64(hour) * 3600 + below(3600)) * 1_000_000
        batch.set(columns.start, integer: start)
        let span = isRefused ? 0 : min(Int64(-20 * Foundation.log(max(unit(), 1e-12))), 59)
        batch.set(columns.end, integer: start + span * 1_000_000)
        batch.set(columns.project, text: "shop")
        batch.set(columns.vpc, text: "vpc-\(interface % Population.vpcs)")
        batch.set(columns.interface, text: "eni-\(interface)")
        batch.set(columns.direction, text: isEgress ? "egress" : "ingress")
        batch.set(columns.verdict, text: isRefused ? "drop" : "accept")
        batch.set(columns.rule, text: isRefused ? "default refusal" : "rule-\(population.rules.rank(at: unit()))")
        batch.set(columns.transport, text: Population.datagrams.contains(service) ? "udp" : "tcp")
        batch.set(columns.source, address: isEgress ? own : peer)
        batch.set(columns.target, address: isEgress ? peer : own)
        batch.set(columns.sourcePort, integer: isRefused ? 1024 + below(64_511) : 32_768 + below(28_231))
        batch.set(columns.targetPort, integer: service)
        let sent = isRefused ? 1 + below(3) : packets()
        batch.set(columns.packets, integer: sent)
        batch.set(columns.bytes, integer: isRefused ? sent * 44 : sent * size())
        if !isRefused {
            let answers = packets()
            batch.set(columns.answers, integer: answers)
            batch.set(columns.answered, integer: answers * size())
        }
        batch.endRow()
    }
}
