import Archive
import Model
import Records

/// Reads IBM Cloud's flow-log objects.
///
/// Ids are the last parts of the CRNs, the project is the account. Of `was_terminated` and `was_initiated` the first that is
/// true says the state. `state: skip data` is a loss in the capture's span.
struct IBMReader: DocumentReader {
    static func fits(_ document: JSONValue) -> Bool { document["flow_logs"] != nil }

    func read(
        _ document: JSONValue, into batch: inout FlowBatch,
        _ take: (LineOutcome, _ content: [UInt8], inout FlowBatch) throws -> Void
    ) throws {
        guard let logs = document["flow_logs"]?.elements, case .object(let members) = document else {
            throw InputFile.Fault(description: "flow_logs is no list")
        }
        let header = JSONValue.object(members.filter { !$0.key.elementsEqual("flow_logs".utf8) }).canonical
        let fields = JSONFields(value: document)
        for log in logs {
            let outcome: LineOutcome
            do throws(BadLine) {
                try record(JSONFields(value: log), fields, &batch)
                outcome = .record
            } catch {
                outcome = .bad(error.reason)
            }
            let interface = fields.word("network_interface_id").map { Array($0.utf8) } ?? []
            try take(outcome, interface + [0] + log.canonical, &batch)
        }
        let statement: Statement?
        do throws(BadLine) {
            statement = try self.statement(fields, isEmpty: logs.isEmpty)
        } catch {
            return try take(.bad(error.reason), header, &batch)
        }
        if let statement { try take(.statement(statement), header, &batch) }
    }

    private func statement(_ fields: JSONFields, isEmpty: Bool) throws(BadLine) -> Statement? {
        let isLoss = fields.word("state")?.lowercased() == "skip data"
        guard isLoss || isEmpty else { return nil }
        guard let start = try fields.instant("capture_start_time"), let end = try fields.instant("capture_end_time")
        else {
            throw BadLine("capture_start_time: there is none")
        }
        var statement = Statement(
            id: "", kind: isLoss ? .loss : .covered, host: "ibm", start: start, end: end,
            reason: isLoss ? "skip data" : "no flow logs")
        statement.interface = fields.value["network_interface_id"]?.lastPart.map { String(decoding: $0, as: UTF8.self) }
        return statement
    }

    private func record(_ log: JSONFields, _ header: JSONFields, _ batch: inout FlowBatch) throws(BadLine) {
        guard let start = try log.instant("start_time") else { throw BadLine("start_time: there is none") }
        try batch.set(start: start, end: try log.instant("end_time") ?? start)
        for (column, path) in [
            (FlowColumn.windowStart, "capture_start_time"), (.windowEnd, "capture_end_time"),
        ] {
            if let instant = try header.instant(path) { batch.set(column, instant: instant) }
        }
        if let instant = try log.instant("connection_start_time") { batch.set(.connectionStart, instant: instant) }
        for (column, name) in [
            (FlowColumn.interfaceID, "network_interface_id"), (.instanceID, "instance_crn"), (.vpcID, "vpc_crn"),
            (.vpc, "vpc_crn"),
        ] {
            if let part = header.value[name]?.lastPart { batch.set(column, text: part) }
        }
        // `crn:v1:bluemix:public:is:us-south:a/ACCOUNT::…`
        let account = header.word("instance_crn")?.split(separator: ":").first { $0.hasPrefix("a/") }?.dropFirst(2)
        if let account { batch.set(.project, text: String(account)) }
        try log.set(.initiatorIP, address: "initiator_ip", &batch)
        try log.set(.targetIP, address: "target_ip", &batch)
        var transport: TransportProtocol?
        if let number = try log.number("transport_protocol", most: 255) {
            transport = TransportProtocol(rawValue: UInt8(number))
            batch.set(transport: UInt8(number))
        }
        if transport?.hasPorts ?? true {
            try log.set(.initiatorPort, number: "initiator_port", &batch, most: 65_535)
            try log.set(.targetPort, number: "target_port", &batch, most: 65_535)
        }
        for column in Self.counts { try log.set(column, number: column.rawValue, &batch) }
        switch log.word("direction") {
        case "I": batch.set(.direction, text: Direction.ingress.rawValue)
        case "O": batch.set(.direction, text: Direction.egress.rawValue)
        case nil: break
        case .some(let word):
            throw BadLine("direction: \"\(FieldValues.shown(Array(word.utf8)[...]))\" is neither I nor O")
        }
        try verdict(log, &batch)
    }

    private func verdict(_ log: JSONFields, _ batch: inout FlowBatch) throws(BadLine) {
        func isTrue(_ name: String) -> Bool { if case .truth(true)? = log.value[name] { true } else { false } }
        switch log.word("action") {
        case "accepted":
            batch.set(.verdict, text: Verdict.accept.rawValue)
            let state: FlowRecord.State =
                isTrue("was_terminated") ? .ended : isTrue("was_initiated") ? .new : .continuing
            batch.set(.state, text: state.name)
        case "rejected":
            batch.set(.verdict, text: Verdict.drop.rawValue)
            batch.set(.state, text: FlowRecord.State.refused.name)
        case let word:
            throw BadLine(
                "action: \"\(FieldValues.shown(Array((word ?? "").utf8)[...]))\" is neither accepted nor rejected")
        }
    }

    /// Counts have the names of our columns there.
    private static let counts: [FlowColumn] = [
        .packetsFromInitiator, .bytesFromInitiator, .packetsFromTarget, .bytesFromTarget,
        .cumulativePacketsFromInitiator, .cumulativeBytesFromInitiator, .cumulativePacketsFromTarget,
        .cumulativeBytesFromTarget,
    ]
}
