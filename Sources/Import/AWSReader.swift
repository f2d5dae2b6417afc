import Archive
import Model
import Records

/// Reads AWS's VPC flow logs: lines of tokens, in the columns of a heading.
struct AWSReader: LineReader {
    /// A column: a field that is known, or one whose values are passed over.
    private var columns: [AWSField?]
    private(set) var context: [UInt8]
    private let blank = UInt8(ascii: " ")

    /// Lines in the columns of the default format, until a heading says otherwise.
    init(fields: [String]? = nil) {
        let names = fields ?? AWSField.defaultNames
        columns = names.map { AWSField(rawValue: $0) }
        context = Array(names.joined(separator: " ").utf8) + [0]
    }

    /// Whether a line begins a set of columns.
    static func isHeading(_ line: ArraySlice<UInt8>) -> Bool {
        let names = Self.names(line)
        return names.first.flatMap { AWSField(rawValue: $0) } != nil
    }

    private static func names(_ line: ArraySlice<UInt8>) -> [String] {
        line.split(whereSeparator: { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }).map {
            String(decoding: $0, as: UTF8.self).replacing("_", with: "-").lowercased()
        }
    }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return .comment }
        // Values begin with digits or capitals, or a prefix with a hyphen and digits; names of fields do not.
        if let first = line.first, (0x61...0x7a).contains(first), Self.isHeading(line) {
            let names = Self.names(line)
            columns = names.map { AWSField(rawValue: $0) }
            context = Array(names.joined(separator: " ").utf8) + [0]
            return .heading
        }
        do throws(BadLine) {
            return try record(line, &batch)
        } catch {
            // Values in other columns than their own say less than how many there are.
            let count = line.split(whereSeparator: { $0 == blank || $0 == 9 }).count
            return .bad(
                count == columns.count ? error.reason : "\(count) values, where \(columns.count) columns are wanted")
        }
    }

    /// The values of one line that are looked at together.
    private struct Line {
        var status: ArraySlice<UInt8>?
        var action: ArraySlice<UInt8>?
        var start: Int64?
        var end: Int64?
        var transport: UInt8?
        var sourcePort: UInt64?
        var targetPort: UInt64?
        var source: UInt128?
        var target: UInt128?
        var packetSource: UInt128?
        var packetTarget: UInt128?
        var interface: ArraySlice<UInt8>?
        var project: ArraySlice<UInt8>?
    }

    private func record(_ line: ArraySlice<UInt8>, _ batch: inout FlowBatch) throws(BadLine) -> LineOutcome {
        var values = Line()
        var index = line.startIndex
        var number = 0
        while true {
            while index < line.endIndex, line[index] == blank || line[index] == 9 { index += 1 }
            guard index < line.endIndex else { break }
            let start = index
            while index < line.endIndex, line[index] != blank, line[index] != 9 { index += 1 }
            guard number < columns.count else { throw BadLine("there are too many values") }
            let token = line[start..<index]
            // One hyphen is what does not apply or is not known.
            if let field = columns[number], token.count != 1 || token.first != UInt8(ascii: "-") {
                try take(field, token, &values, &batch)
            }
            number += 1
        }
        guard number == columns.count else { throw BadLine("there are too few values") }
        return try finish(values, &batch)
    }

    private func take(
        _ field: AWSField, _ token: ArraySlice<UInt8>, _ values: inout Line, _ batch: inout FlowBatch
    ) throws(BadLine) {
        switch field {
        case .version: _ = try FieldValues.number(token, "version", most: 1000)
        case .accountID: values.project = token
        case .interfaceID: values.interface = token
        case .sourceAddress: values.source = try FieldValues.address(token, "srcaddr")
        case .targetAddress: values.target = try FieldValues.address(token, "dstaddr")
        case .packetSourceAddress: values.packetSource = try FieldValues.address(token, "pkt-srcaddr")
        case .packetTargetAddress: values.packetTarget = try FieldValues.address(token, "pkt-dstaddr")
        case .sourcePort: values.sourcePort = try FieldValues.number(token, "srcport", most: 65_535)
        case .targetPort: values.targetPort = try FieldValues.number(token, "dstport", most: 65_535)
        case .protocol:
            values.transport = UInt8(truncatingIfNeeded: try FieldValues.number(token, "protocol", most: 255))
        case .packets: batch.set(.packetsFromInitiator, number: try FieldValues.number(token, "packets"))
        case .bytes: batch.set(.bytesFromInitiator, number: try FieldValues.number(token, "bytes"))
        case .start: values.start = try FieldValues.seconds(token, "start")
        case .end: values.end = try FieldValues.seconds(token, "end")
        case .action: values.action = token
        case .logStatus: values.status = token
        case .vpcID:
            batch.set(.vpc, text: token)
            batch.set(.vpcID, text: token)
        case .subnetID: batch.set(.subnetID, text: token)
        case .instanceID: batch.set(.instanceID, text: token)
        case .tcpFlags: batch.set(.flags, number: try FieldValues.number(token, "tcp-flags", most: 255))
        case .zone: batch.set(.zone, text: token)
        case .flowDirection:
            guard let direction = Direction(rawValue: String(decoding: token, as: UTF8.self).lowercased()) else {
                throw BadLine("flow-direction: \"\(FieldValues.shown(token))\" is neither ingress nor egress")
            }
            batch.set(.direction, text: direction.rawValue)
        case .rejectReason: batch.set(.reason, text: token)
        case .type, .region, .sublocationType, .sublocationID, .packetSourceService, .packetTargetService, .trafficPath,
            .ecsClusterARN, .ecsClusterName, .ecsContainerInstanceARN, .ecsContainerInstanceID, .ecsContainerID,
            .ecsSecondContainerID, .ecsServiceName, .ecsTaskDefinitionARN, .ecsTaskARN, .ecsTaskID, .resourceID,
            .encryptionStatus:
            // No column of records has it.
            break
        }
    }

    private func finish(_ values: Line, _ batch: inout FlowBatch) throws(BadLine) -> LineOutcome {
        guard let start = values.start else { throw BadLine("start: there is none") }
        let end = values.end ?? start
        guard end >= start else { throw BadLine("the end is before the start") }
        if let status = values.status, !status.elementsEqual("OK".utf8) {
            guard status.elementsEqual("NODATA".utf8) || status.elementsEqual("SKIPDATA".utf8) else {
                throw BadLine("log-status: \"\(FieldValues.shown(status))\" is none of OK, NODATA, SKIPDATA")
            }
            let isLoss = status.elementsEqual("SKIPDATA".utf8)
            var statement = Statement(
                id: "", kind: isLoss ? .loss : .covered, host: "aws", start: start, end: end,
                reason: isLoss ? "SKIPDATA" : "NODATA")
            statement.interface = values.interface.map { String(decoding: $0, as: UTF8.self) }
            statement.project = values.project.map { String(decoding: $0, as: UTF8.self) }
            return .statement(statement)
        }
        try batch.set(start: start, end: end)
        if let project = values.project, !project.elementsEqual("unknown".utf8) { batch.set(.project, text: project) }
        if let interface = values.interface { batch.set(.interfaceID, text: interface) }
        if let source = values.source { batch.set(.sourceAddress, address: source) }
        if let target = values.target { batch.set(.targetAddress, address: target) }
        if let source = values.packetSource ?? values.source { batch.set(.initiatorIP, address: source) }
        if let target = values.packetTarget ?? values.target { batch.set(.targetIP, address: target) }
        if let transport = values.transport { batch.set(transport: transport) }
        // AWS writes 0 where a protocol has no ports.
        if values.transport.map({ TransportProtocol(rawValue: $0).hasPorts }) ?? true {
            if let port = values.sourcePort { batch.set(.initiatorPort, number: port) }
            if let port = values.targetPort { batch.set(.targetPort, number: port) }
        }
        if let action = values.action {
            if action.elementsEqual("ACCEPT".utf8) {
                batch.set(.verdict, text: Verdict.accept.rawValue)
            } else if action.elementsEqual("REJECT".utf8) {
                batch.set(.verdict, text: Verdict.drop.rawValue)
            } else {
                throw BadLine("action: \"\(FieldValues.shown(action))\" is neither ACCEPT nor REJECT")
            }
        }
        return .record
    }
}
