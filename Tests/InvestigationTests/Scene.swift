import Archive
import Model

@testable import Investigation

/// Flows of a few lines, and what is found in them.
struct Scene {
    private var flows: [Observation] = []
    private var names = Names()
    private var number = 0
    static let start: Int64 = 1_780_000_000_000_000

    static func address(_ text: String) -> UInt128 { IPAddress(text).map { UInt128($0) } ?? 0 }

    /// Adds a flow at a second.
    mutating func add(
        _ second: Double, _ from: String, _ to: String, _ port: UInt16, _ outcome: Outcome, transport: UInt8 = 6,
        sourcePort: UInt16 = 40_000, bytes: UInt64 = 60, answered: UInt64 = 0, length: Double = 0,
        rule: String? = nil, interface: String? = nil
    ) {
        number += 1
        var flow = Observation(record: names.key(Array("host:\(number)".utf8)[...]))
        flow.start = Self.start + Int64(second * 1e6)
        flow.end = flow.start + Int64(length * 1e6)
        (flow.initiator, flow.target) = (Self.address(from), Self.address(to))
        (flow.initiatorPort, flow.targetPort, flow.transport) = (sourcePort, port, transport)
        (flow.outcome, flow.bytes, flow.answered) = (outcome, bytes, answered)
        (flow.packets, flow.answers) = (max(1, bytes / 400), answered / 400)
        if let rule { flow.rule = names.number(rule) }
        if let interface { flow.interface = names.number(interface) }
        flows.append(flow)
    }

    /// What is found, the flows in their order.
    func findings(listed: ListedAddresses? = nil) -> [Finding] {
        var sorted = flows
        RecordStream.sort(&sorted, names)
        let detector = Detector(listed: listed)
        for flow in sorted { detector.take(flow) }
        return detector.finish(names)
    }

    func kinds(listed: ListedAddresses? = nil) -> [FindingKind] { findings(listed: listed).map(\.kind) }
}
