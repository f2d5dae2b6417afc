import Archive
import Model
import Records

/// Reads Hubble's flows, one JSON object a line: each is one packet.
///
/// A flow that says `is_reply: true` is turned. `AUDIT` is an accept, with a note in `reason`. Events of layer 7 are of another
/// kind; `lost_events` is a loss.
struct HubbleReader: LineReader {
    var context: [UInt8] { [] }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool {
        guard let value = JSONValue(parsing: line) else { return false }
        return value["flow"] != nil || value["lost_events"] != nil || (value["verdict"] != nil && value["IP"] != nil)
    }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return .comment }
        guard let value = JSONValue(parsing: line), case .object = value else {
            return .bad("the line is no JSON object")
        }
        do throws(BadLine) {
            if value["lost_events"] != nil { return .statement(try loss(JSONFields(value: value))) }
            let flow = value["flow"] ?? value
            guard flow["verdict"] != nil || flow["IP"] != nil else { return .otherEvent }
            if flow["l7"] != nil || flow.at("Type")?.string == "L7" { return .otherEvent }
            try record(JSONFields(value: flow), JSONFields(value: value), &batch)
            return .record
        } catch {
            return .bad(error.reason)
        }
    }

    private func loss(_ fields: JSONFields) throws(BadLine) -> Statement {
        guard let time = try fields.instant("time") else { throw BadLine("time: there is none") }
        var statement = Statement(
            id: "", kind: .loss, host: fields.word("node_name") ?? "hubble", start: time, end: time,
            reason: fields.word("lost_events.source") ?? "lost_events")
        statement.records = try fields.number("lost_events.num_events_lost")
        return statement
    }

    private func record(_ flow: JSONFields, _ whole: JSONFields, _ batch: inout FlowBatch) throws(BadLine) {
        guard let time = try flow.instant("time", else: "time", of: whole) else {
            throw BadLine("time: there is none")
        }
        try batch.set(start: time, end: time)
        var isReply = false
        if case .truth(true)? = flow.value.at("is_reply") { isReply = true }
        let (first, second): (FlowColumn, FlowColumn) =
            isReply ? (.targetIP, .initiatorIP) : (.initiatorIP, .targetIP)
        try flow.set(first, address: "IP.source", &batch)
        try flow.set(second, address: "IP.destination", &batch)
        try layer4(flow, isReply, &batch)
        batch.set(isReply ? .packetsFromTarget : .packetsFromInitiator, number: 1)
        switch flow.word("verdict") {
        case "FORWARDED", "REDIRECTED", "TRANSLATED", "TRACED": batch.set(.verdict, text: Verdict.accept.rawValue)
        case "AUDIT":
            batch.set(.verdict, text: Verdict.accept.rawValue)
            batch.set(.reason, text: "audit")
        case "DROPPED": batch.set(.verdict, text: Verdict.drop.rawValue)
        case "ERROR", "VERDICT_UNKNOWN", nil: break
        case .some(let word):
            throw BadLine("verdict: \"\(FieldValues.shown(Array(word.utf8)[...]))\" is none that is known")
        }
        flow.set(.reason, text: "drop_reason_desc", &batch)
        switch flow.word("traffic_direction") {
        case "INGRESS": batch.set(.direction, text: Direction.ingress.rawValue)
        case "EGRESS": batch.set(.direction, text: Direction.egress.rawValue)
        default: break
        }
        flow.set(.interface, text: "interface.name", &batch)
        let own = flow.word("traffic_direction") == "EGRESS" ? "source" : "destination"
        flow.set(.instance, text: "\(own).pod_name", &batch)
        flow.set(.vpc, text: "\(own).namespace", &batch)
        if let node = flow.text("node_name") ?? whole.text("node_name") { batch.set(.host, text: node) }
    }

    private func layer4(_ flow: JSONFields, _ isReply: Bool, _ batch: inout FlowBatch) throws(BadLine) {
        for (name, transport) in [
            ("TCP", TransportProtocol.tcp), ("UDP", .udp), ("SCTP", .sctp), ("ICMPv4", .icmp), ("ICMPv6", .icmpv6),
        ] where flow.value.at("l4.\(name)") != nil {
            batch.set(transport: transport.rawValue)
            if transport.isICMP {
                // Types that are 0 are left out in protobuf's JSON.
                batch.set(.icmpType, number: try flow.number("l4.\(name).type", most: 255) ?? 0)
                batch.set(.icmpCode, number: try flow.number("l4.\(name).code", most: 255) ?? 0)
            } else {
                let (first, second): (FlowColumn, FlowColumn) =
                    isReply ? (.targetPort, .initiatorPort) : (.initiatorPort, .targetPort)
                try flow.set(first, number: "l4.\(name).source_port", &batch, most: 65_535)
                try flow.set(second, number: "l4.\(name).destination_port", &batch, most: 65_535)
            }
        }
        guard let flags = flow.value.at("l4.TCP.flags") else { return }
        var bits: UInt64 = 0
        for (place, name) in ["FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR"].enumerated() {
            if case .truth(true)? = flags.at(name) { bits |= 1 << UInt64(place) }
        }
        batch.set(.flags, number: bits)
    }
}
