import Archive
import Model
import Records

/// Reads Google Cloud's log entries, one JSON object a line: VPC flow logs and firewall rule logs.
///
/// A flow log has no verdict; `reporter` says at which end it was seen. Names of instances and networks are Google's.
struct GCPReader: LineReader {
    var context: [UInt8] { [] }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool {
        guard let value = JSONValue(parsing: line) else { return false }
        return value.at("jsonPayload.connection") != nil || (value["connection"] != nil && value["reporter"] != nil)
    }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return .comment }
        guard let value = JSONValue(parsing: line), case .object = value else {
            return .bad("the line is no JSON object")
        }
        let payload = value["jsonPayload"] ?? value
        guard payload["connection"] != nil else { return .otherEvent }
        do throws(BadLine) {
            try record(JSONFields(value: payload), JSONFields(value: value), &batch)
            return .record
        } catch {
            return .bad(error.reason)
        }
    }

    private func record(_ fields: JSONFields, _ entry: JSONFields, _ batch: inout FlowBatch) throws(BadLine) {
        guard let start = try fields.instant("start_time", else: "timestamp", of: entry) else {
            throw BadLine("start_time: there is none")
        }
        try batch.set(start: start, end: try fields.instant("end_time") ?? start)
        try fields.set(.initiatorIP, address: "connection.src_ip", &batch)
        try fields.set(.targetIP, address: "connection.dest_ip", &batch)
        var transport: TransportProtocol?
        if let number = try fields.number("connection.protocol", most: 255) {
            transport = TransportProtocol(rawValue: UInt8(number))
            batch.set(transport: UInt8(number))
        }
        if transport?.hasPorts ?? true {
            try fields.set(.initiatorPort, number: "connection.src_port", &batch, most: 65_535)
            try fields.set(.targetPort, number: "connection.dest_port", &batch, most: 65_535)
        }
        try fields.set(.packetsFromInitiator, number: "packets_sent", &batch)
        try fields.set(.bytesFromInitiator, number: "bytes_sent", &batch)
        let direction = try self.direction(fields)
        if let direction { batch.set(.direction, text: direction.rawValue) }
        if let disposition = fields.word("disposition") {
            switch disposition {
            case "ALLOWED", "INTERCEPTED": batch.set(.verdict, text: Verdict.accept.rawValue)
            case "DENIED": batch.set(.verdict, text: Verdict.drop.rawValue)
            default:
                throw BadLine(
                    "disposition: \"\(FieldValues.shown(Array(disposition.utf8)[...]))\" is none that is known")
            }
        }
        fields.set(.rule, text: "rule_details.reference", &batch)
        // The end where the entry was made.
        let end = direction.map { $0 == .egress ? "src" : "dest" }
        let instance = fields.value["instance"] != nil ? "instance" : end.map { "\($0)_instance" } ?? ""
        let network = fields.value["vpc"] != nil ? "vpc" : end.map { "\($0)_vpc" } ?? ""
        fields.set(.instance, text: "\(instance).vm_name", &batch)
        fields.set(.zone, text: "\(instance).zone", &batch)
        fields.set(.vpc, text: "\(network).vpc_name", &batch)
        fields.set(.subnet, text: "\(network).subnetwork_name", &batch)
        for path in ["\(instance).project_id", "\(network).project_id"] {
            fields.set(.project, text: path, &batch)
        }
        if fields.text("\(instance).project_id") == nil, fields.text("\(network).project_id") == nil {
            entry.set(.project, text: "resource.labels.project_id", &batch)
        }
    }

    private func direction(_ fields: JSONFields) throws(BadLine) -> Direction? {
        if let word = fields.word("rule_details.direction") {
            guard let direction = Direction(rawValue: word.lowercased()) else {
                throw BadLine("rule_details.direction: it is neither INGRESS nor EGRESS")
            }
            return direction
        }
        return switch fields.word("reporter") {
        case "SRC", "SRC_GATEWAY": .egress
        case "DEST", "DEST_GATEWAY": .ingress
        default: nil
        }
    }
}
