package import Model

/// The content of a flow-log object of format `aws`: AWS's text lines, before compression.
///
/// The first line names the columns; then a line a record and way, its columns apart by one blank, `-` for what does not
/// apply or is not known:
///
/// * Lines go one way. What came back is a line of its own with the ends exchanged, the counts of that way and the other
///   `flow-direction`; a way without packets has none.
/// * `version` is the highest of the chosen fields. `interface-id`, `vpc-id`, `subnet-id`, `instance-id` are Gatehouse's
///   plain ids, so that lines join with everything else that bears them; `account-id` is the project, percent-encoded.
/// * `srcaddr` and `dstaddr`: at the interface's own end its primary IPv4 address in place of any other IPv4 address of it.
///   `pkt-srcaddr` and `pkt-dstaddr` are those of the packets.
/// * Ports are 0 for protocols that have none, and where a flood was summed up over them.
/// * `start` is rounded down, `end` up, to whole seconds since 1970.
/// * `reject-reason` has no word for groups and ACLs: `-`. TCP flags, paths, services and encryption are not known: `-`.
/// * One line of `NODATA` stands for a span without any line, one of `SKIPDATA` for records that are missing: lost, or of
///   detail `total`, which have no addresses. Both have columns of the place and of time only.
package struct AWSFlowLog: Sendable {
    private let heading: String
    /// nil is a field that this release does not know.
    private let columns: [AWSField?]
    private let version: Int
    private let collector: Collector
    private let placement: Placement
    private let account: String
    private let region: String
    private let primary: IPAddress?

    package init(columns: [String], collector: Collector, placement: Placement, region: String) {
        heading = columns.joined(separator: " ") + "\n"
        self.columns = columns.map { AWSField(rawValue: $0) }
        version = self.columns.compactMap { $0?.since }.max() ?? 2
        self.collector = collector
        self.placement = placement
        account = PercentEncoding.wholePart(placement.project)
        self.region = region
        primary = placement.addresses.first { $0.family == .ipv4 }
    }

    /// One way of a record, or what a line says in place of one.
    private struct Way {
        let source: IPAddress
        let target: IPAddress
        /// 0 where the protocol has none; nil where it is not known.
        let sourcePort: UInt16?
        let targetPort: UInt16?
        let direction: Direction
        let traffic: Traffic
        let record: FlowRecord
        /// Before any translation.
        let originalSource: IPAddress
        let originalTarget: IPAddress
    }

    /// Writes the object of one span; `hasLoss` says that records of it are missing.
    ///
    /// - Returns: what an S3 service tells as the object's metadata.
    @discardableResult
    package func append(
        _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
    ) -> [(name: String, value: String)] {
        line.append(heading)
        var count = 0
        var isIncomplete = hasLoss
        for record in records {
            guard record.detail != .total else {
                isIncomplete = isIncomplete || record.fromInitiator.packets > 0 || record.fromTarget.packets > 0
                continue
            }
            for way in ways(record) where way.traffic.packets > 0 {
                append(way, start: record.start, end: record.end, status: "OK", to: &line)
                count += 1
            }
        }
        if isIncomplete {
            append(nil, start: start, end: end, status: "SKIPDATA", to: &line)
        } else if count == 0 {
            append(nil, start: start, end: end, status: "NODATA", to: &line)
        }
        return FlowObjectSummary(
            collector: collector, placement: placement, start: start, end: end, isIncomplete: isIncomplete, count: count
        ).metadata
    }

    /// From the initiator, then from the target.
    private func ways(_ record: FlowRecord) -> [Way] {
        let key = record.key
        let original = record.translation?.before ?? key
        let initiatorPort = key.transport.hasPorts ? key.initiatorPort : 0
        let targetPort = key.transport.hasPorts ? key.targetPort : 0
        return [
            Way(
                source: key.initiator, target: key.target, sourcePort: initiatorPort, targetPort: targetPort,
                direction: record.direction, traffic: record.fromInitiator, record: record,
                originalSource: original.initiator, originalTarget: original.target),
            Way(
                source: key.target, target: key.initiator, sourcePort: targetPort, targetPort: initiatorPort,
                direction: record.direction == .egress ? .ingress : .egress, traffic: record.fromTarget, record: record,
                originalSource: original.target, originalTarget: original.initiator),
        ]
    }

    private func append(_ way: Way?, start: Timestamp, end: Timestamp, status: String, to line: inout ByteLine) {
        let last = max(end.roundedUp.seconds, start.seconds)
        for (index, column) in columns.enumerated() {
            if index > 0 { line.append(UInt8(ascii: " ")) }
            guard let column else {
                line.append(UInt8(ascii: "-"))
                continue
            }
            switch column {
            case .version: line.append(decimal: version)
            case .start: line.append(decimal: Int(start.seconds))
            case .end: line.append(decimal: Int(last))
            case .logStatus: line.append(status)
            case .accountID: line.append(account)
            case .interfaceID: line.append(placement.interface)
            case .vpcID: line.append(placement.vpc)
            case .subnetID: line.append(placement.subnet)
            case .instanceID: line.append(placement.instance)
            case .region: line.append(PercentEncoding.wholePart(region))
            case .zone:
                line.append(
                    PercentEncoding.wholePart(placement.subnetZone ?? CloudResourceName.firstZone(of: region)))
            case .sourceAddress: append(way, &line) { $0.append($1.direction == .egress ? own($1.source) : $1.source) }
            case .targetAddress: append(way, &line) { $0.append($1.direction == .ingress ? own($1.target) : $1.target) }
            case .packetSourceAddress: append(way, &line) { $0.append($1.originalSource) }
            case .packetTargetAddress: append(way, &line) { $0.append($1.originalTarget) }
            case .sourcePort: append(port: way?.sourcePort, &line)
            case .targetPort: append(port: way?.targetPort, &line)
            case .protocol: append(way, &line) { $0.append(decimal: UInt64($1.record.key.transport.rawValue)) }
            case .packets: append(way, &line) { $0.append(decimal: $1.traffic.packets) }
            case .bytes: append(way, &line) { $0.append(decimal: $1.traffic.bytes) }
            case .action: append(way, &line) { $0.append(Self.action($1.record.verdict)) }
            case .type: append(way, &line) { $0.append($1.source.family.name) }
            case .flowDirection: append(way, &line) { $0.append($1.direction.rawValue) }
            // Nothing of it is known here.
            case .tcpFlags, .sublocationType, .sublocationID, .packetSourceService, .packetTargetService, .trafficPath,
                .ecsClusterARN, .ecsClusterName, .ecsContainerInstanceARN, .ecsContainerInstanceID, .ecsContainerID,
                .ecsSecondContainerID, .ecsServiceName, .ecsTaskDefinitionARN, .ecsTaskARN, .ecsTaskID, .rejectReason,
                .resourceID, .encryptionStatus:
                line.append(UInt8(ascii: "-"))
            }
        }
        line.append(UInt8(ascii: "\n"))
    }

    /// Writes what a way says; `-` where the line stands for none.
    private func append(_ way: Way?, _ line: inout ByteLine, _ write: (inout ByteLine, Way) -> Void) {
        guard let way else { return line.append(UInt8(ascii: "-")) }
        write(&line, way)
    }

    private func append(port: UInt16?, _ line: inout ByteLine) {
        guard let port else { return line.append(UInt8(ascii: "-")) }
        line.append(decimal: UInt64(port))
    }

    /// AWS's word for a verdict.
    private static func action(_ verdict: Verdict) -> String {
        switch verdict {
        case .accept: "ACCEPT"
        case .drop: "REJECT"
        }
    }

    /// What AWS shows at the interface's end; an address that is not the interface's, as a spoofed one, stays itself.
    private func own(_ address: IPAddress) -> IPAddress {
        guard address.family == .ipv4, let primary, placement.has(address) else { return address }
        return primary
    }
}
