package import Model

/// One value of a flow record's row, before it is written in some format.
package enum FlowCell: Hashable, Sendable {
    case absent
    case text(String)
    case number(UInt64)
    case instant(Timestamp)
    case address(IPAddress)
    case id(high: UInt64, low: UInt64)

    init(_ text: String?) {
        if let text, !text.isEmpty { self = .text(text) } else { self = .absent }
    }

    init<Subject>(_ identifier: Identifier<Subject>?) {
        self = identifier.map { .id(high: $0.high, low: $0.low) } ?? .absent
    }

    init(_ address: IPAddress?) { self = address.map { .address($0) } ?? .absent }

    init(_ number: (some BinaryInteger)?) {
        self = number.map { .number(UInt64(clamping: $0)) } ?? .absent
    }
}

/// A flow record beside the names that its ids stand for.
package struct FlowRow: Sendable {
    package let record: FlowRecord
    package let host: String
    package let placement: Placement?
    package let rule: RuleReference?
    package let change: Catalogue.RevisionNote?
    package let peer: Placement?

    package init(_ record: FlowRecord, host: String, catalogue: Catalogue, peers: PeerIndex) {
        self.record = record
        self.host = host
        let placement = catalogue.placement(record.interface)
        self.placement = placement
        self.rule = catalogue.rule(record.rule)
        self.change = catalogue.change(behind: record.rule, inForce: record.revision)
        self.peer = record.detail == .total ? nil : peers.peer(of: record, at: placement)
    }

    /// The value of a column.
    package func cell(_ column: FlowColumn) -> FlowCell {
        let key = record.detail == .total ? nil : record.key
        let translation = record.translation
        return switch column {
        case .id: .text("\(host):\(record.sequence)")
        case .windowStart: .instant(record.windowStart)
        case .windowEnd: .instant(record.windowEnd)
        case .start: .instant(record.start)
        case .end: .instant(record.end)
        case .connectionStart: .instant(record.connectionStart)
        case .connection: record.connection == 0 ? .absent : .number(record.connection)
        case .host: FlowCell(host)
        case .project: FlowCell(placement?.project)
        case .projectName: FlowCell(placement?.projectName)
        case .vpc: FlowCell(placement?.vpcName)
        case .vpcID: FlowCell(placement?.vpc)
        case .subnet: FlowCell(placement?.subnetName)
        case .subnetID: FlowCell(placement?.subnet)
        case .instance: FlowCell(placement?.instanceName)
        case .instanceID: FlowCell(placement?.instance)
        case .interface: FlowCell(placement?.interfaceName)
        case .interfaceID: FlowCell(record.interface)
        case .device: FlowCell(placement?.device)
        case .direction: .text(record.direction.rawValue)
        case .verdict: .text(record.verdict.rawValue)
        case .reason: reason
        case .stage: .text(record.stage.rawValue)
        case .ruleID: FlowCell(record.rule)
        case .rule: FlowCell(rule?.text)
        case .group: FlowCell(rule?.group)
        case .securityGroupID: FlowCell(rule?.groupID)
        case .revision: FlowCell(record.revision)
        case .changedBy: FlowCell(change?.actor)
        case .changedAt: change.map { .instant($0.madeAt) } ?? .absent
        case .initiatorIP: FlowCell(key?.initiator)
        case .initiatorPort: FlowCell(key.flatMap { port($0.initiatorPort, $0) })
        case .targetIP: FlowCell(key?.target)
        case .targetPort: FlowCell(key.flatMap { port($0.targetPort, $0) })
        case .transport: FlowCell(key?.transport.description)
        case .transportNumber: FlowCell(key?.transport.rawValue)
        case .icmpType: FlowCell(key?.icmpType)
        case .icmpCode: FlowCell(key?.icmpCode)
        case .peer: FlowCell(peer?.label)
        case .peerID: FlowCell(peer?.interface)
        case .packetsFromInitiator: .number(record.fromInitiator.packets)
        case .bytesFromInitiator: .number(record.fromInitiator.bytes)
        case .packetsFromTarget: .number(record.fromTarget.packets)
        case .bytesFromTarget: .number(record.fromTarget.bytes)
        case .cumulativePacketsFromInitiator: .number(record.cumulativeFromInitiator.packets)
        case .cumulativeBytesFromInitiator: .number(record.cumulativeFromInitiator.bytes)
        case .cumulativePacketsFromTarget: .number(record.cumulativeFromTarget.packets)
        case .cumulativeBytesFromTarget: .number(record.cumulativeFromTarget.bytes)
        case .state: .text(record.state.name)
        case .detail: .text(record.detail.name)
        case .beforeInitiatorIP: FlowCell(translation?.before.initiator)
        case .beforeInitiatorPort: FlowCell(translation.flatMap { port($0.before.initiatorPort, $0.before) })
        case .beforeTargetIP: FlowCell(translation?.before.target)
        case .beforeTargetPort: FlowCell(translation.flatMap { port($0.before.targetPort, $0.before) })
        case .afterInitiatorIP: FlowCell(translation?.after.initiator)
        case .afterInitiatorPort: FlowCell(translation.flatMap { port($0.after.initiatorPort, $0.after) })
        case .afterTargetIP: FlowCell(translation?.after.target)
        case .afterTargetPort: FlowCell(translation.flatMap { port($0.after.targetPort, $0.after) })

        case .observedRuleID: FlowCell(observed)
        // Nothing of it is known of this host's own records.
        case .flags, .endReason, .hostTranslationInitiatorIP, .hostTranslationInitiatorPort,
            .hostTranslationTargetIP, .hostTranslationTargetPort, .communityID, .sampling, .source, .sourceFile,
            .sourceLine, .sourceAddress, .targetAddress, .zone:
            .absent
        }
    }

    /// The rules that observed it, and the one that would have refused it, where its interface is observed.
    private var observed: String? {
        let wouldRefuse = record.verdict == .accept && record.stage.hasAuthor && rule?.refuses == true
        let ids = record.observed + (wouldRefuse ? [record.rule] : [])
        return ids.isEmpty ? nil : ids.map(\.description).joined(separator: ",")
    }

    private var reason: FlowCell {
        switch record.verdict {
        case .accept: .absent
        case .drop: FlowCell(DropReason(stage: record.stage, rule: record.rule)?.rawValue)
        }
    }

    private func port(_ number: UInt16?, _ key: FlowKey) -> UInt16? { key.transport.hasPorts ? number : nil }
}

extension FlowRecord.State {
    /// The word that stands for the state in every text format.
    package var name: String {
        switch self {
        case .new: "new"
        case .continuing: "continuing"
        case .ended: "ended"
        case .refused: "refused"
        }
    }
}

extension FlowRecord.Detail {
    /// The word that stands for the detail in every text format.
    package var name: String {
        switch self {
        case .full: "full"
        case .coarse: "coarse"
        case .total: "total"
        }
    }
}
