import Archive
import Model
import Records

/// Reads Azure's flow logs of virtual networks, and those of network security groups (versions 1 and 2).
///
/// A tuple has one instant, which is start and end. B, C, E are `new`, `continuing`, `ended`, and accepted; D is refused. A time
/// of thirteen digits is in milliseconds. The interface is known by its MAC address.
struct AzureReader: DocumentReader {
    static func fits(_ document: JSONValue) -> Bool {
        guard let first = document["records"]?.elements?.first else { return false }
        return first["flowRecords"] != nil || first.at("properties.flows") != nil
    }

    /// What the tuples of a flow share.
    private struct Flow {
        var project: String?
        var network: ArraySlice<UInt8>?
        var mac: ArraySlice<UInt8>?
        var list: ArraySlice<UInt8>?
        var rule: ArraySlice<UInt8>?
        var isOfGroups = false

        var context: [UInt8] {
            [network, mac, list, rule].flatMap { Array($0 ?? []) + [0] }
        }
    }

    func read(
        _ document: JSONValue, into batch: inout FlowBatch,
        _ take: (LineOutcome, _ content: [UInt8], inout FlowBatch) throws -> Void
    ) throws {
        guard let records = document["records"]?.elements else {
            throw InputFile.Fault(description: "records is no list")
        }
        for record in records {
            var flow = Flow()
            let resource = record["flowLogResourceID"] ?? record["resourceId"]
            let parts = resource?.string?.split(separator: "/") ?? []
            if let place = parts.firstIndex(where: { $0.lowercased() == "subscriptions" }), place + 1 < parts.count {
                flow.project = parts[place + 1].lowercased()
            }
            flow.network = record["targetResourceID"]?.lastPart
            flow.mac = (record["macAddress"])?.bytes
            for list in record.at("flowRecords.flows")?.elements ?? [] {
                flow.list = list["aclID"]?.lastPart
                for group in list["flowGroups"]?.elements ?? [] {
                    flow.rule = group["rule"]?.bytes
                    try read(group, flow, &batch, take)
                }
            }
            flow.isOfGroups = true
            for rule in record.at("properties.flows")?.elements ?? [] {
                flow.rule = rule["rule"]?.bytes
                for group in rule["flows"]?.elements ?? [] {
                    flow.mac = group["mac"]?.bytes ?? flow.mac
                    try read(group, flow, &batch, take)
                }
            }
        }
    }

    private func read(
        _ group: JSONValue, _ flow: Flow, _ batch: inout FlowBatch,
        _ take: (LineOutcome, _ content: [UInt8], inout FlowBatch) throws -> Void
    ) throws {
        for tuple in group["flowTuples"]?.elements ?? [] {
            let outcome: LineOutcome
            do throws(BadLine) {
                guard let text = tuple.bytes else { throw BadLine("the tuple is no text") }
                try record(text.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false), flow, &batch)
                outcome = .record
            } catch {
                outcome = .bad(error.reason)
            }
            try take(outcome, flow.context + tuple.canonical, &batch)
        }
    }

    private func record(_ parts: [ArraySlice<UInt8>], _ flow: Flow, _ batch: inout FlowBatch) throws(BadLine) {
        // Of groups: version 1 ends with the decision, version 2 goes on with state and counts.
        guard flow.isOfGroups ? parts.count == 8 || parts.count == 13 : parts.count == 13 else {
            throw BadLine("\(parts.count) values in the tuple, where 13 are wanted")
        }
        let number = try FieldValues.number(parts[0], "time", most: 253_402_300_799_999)
        let time = Int64(number) * (number >= 1_000_000_000_000 ? 1000 : 1_000_000)
        guard number >= 1_000_000_000_000 || number <= 253_402_300_799 else { throw BadLine("time: \(number) is none") }
        try batch.set(start: time, end: time)
        batch.set(.initiatorIP, address: try FieldValues.address(parts[1], "source"))
        batch.set(.targetIP, address: try FieldValues.address(parts[2], "destination"))
        let transport = try self.transport(parts[5], flow)
        batch.set(transport: transport.rawValue)
        if transport.hasPorts {
            for (text, column, name) in [
                (parts[3], FlowColumn.initiatorPort, "source port"), (parts[4], .targetPort, "destination port"),
            ] where !text.isEmpty {
                batch.set(column, number: try FieldValues.number(text, name, most: 65_535))
            }
        }
        switch String(decoding: parts[6], as: UTF8.self) {
        case "I": batch.set(.direction, text: Direction.ingress.rawValue)
        case "O": batch.set(.direction, text: Direction.egress.rawValue)
        default: throw BadLine("direction: \"\(FieldValues.shown(parts[6]))\" is neither I nor O")
        }
        try decision(parts, flow, &batch)
        if parts.count == 13 {
            for (text, column, name) in [
                (parts[9], FlowColumn.packetsFromInitiator, "packets sent"),
                (parts[10], .bytesFromInitiator, "bytes sent"),
                (parts[11], .packetsFromTarget, "packets received"), (parts[12], .bytesFromTarget, "bytes received"),
            ] where !text.isEmpty {
                batch.set(column, number: try FieldValues.number(text, name))
            }
        }
        if let project = flow.project { batch.set(.project, text: project) }
        if let network = flow.network { batch.set(.vpc, text: network) }
        if let mac = flow.mac { batch.set(.interfaceID, text: mac) }
        if let list = flow.list { batch.set(.securityGroupID, text: list) }
        if let rule = flow.rule { batch.set(.rule, text: rule) }
    }

    private func transport(_ text: ArraySlice<UInt8>, _ flow: Flow) throws(BadLine) -> TransportProtocol {
        if flow.isOfGroups {
            if text.elementsEqual("T".utf8) { return .tcp }
            if text.elementsEqual("U".utf8) { return .udp }
        }
        return TransportProtocol(rawValue: UInt8(try FieldValues.number(text, "protocol", most: 255)))
    }

    private func decision(_ parts: [ArraySlice<UInt8>], _ flow: Flow, _ batch: inout FlowBatch) throws(BadLine) {
        let state = String(decoding: flow.isOfGroups ? (parts.count == 13 ? parts[8] : []) : parts[7], as: UTF8.self)
        var isRefused = state == "D"
        if flow.isOfGroups {
            switch String(decoding: parts[7], as: UTF8.self) {
            case "A": isRefused = false
            case "D": isRefused = true
            default: throw BadLine("decision: \"\(FieldValues.shown(parts[7]))\" is neither A nor D")
            }
        }
        batch.set(.verdict, text: (isRefused ? Verdict.drop : Verdict.accept).rawValue)
        if isRefused { return batch.set(.state, text: FlowRecord.State.refused.name) }
        switch state {
        case "B": batch.set(.state, text: FlowRecord.State.new.name)
        case "C": batch.set(.state, text: FlowRecord.State.continuing.name)
        case "E": batch.set(.state, text: FlowRecord.State.ended.name)
        case "" where flow.isOfGroups: break
        default: throw BadLine("state: \"\(FieldValues.shown(Array(state.utf8)[...]))\" is none of B, C, E, D")
        }
    }
}
