import Archive
import Model
import Records

/// Reads what `nfdump -o json` prints of nfcapd files (1.7): a list of flows, with milliseconds and translations.
///
/// Times have no zone and are UTC here. Events of firewalls and translators are events of other kinds.
struct NfdumpDocument: DocumentReader {
    static func fits(_ document: JSONValue) -> Bool {
        guard let first = document.elements?.first else { return false }
        return first["type"] != nil && (first["first"] != nil || first["t_event"] != nil)
    }

    func read(
        _ document: JSONValue, into batch: inout FlowBatch,
        _ take: (LineOutcome, _ content: [UInt8], inout FlowBatch) throws -> Void
    ) throws {
        guard let flows = document.elements else { throw InputFile.Fault(description: "the document is no list") }
        for flow in flows {
            let fields = JSONFields(value: flow)
            let outcome: LineOutcome
            do throws(BadLine) {
                switch fields.word("type") {
                case "FLOW":
                    try record(fields, &batch)
                    outcome = .record
                case "EVENT": outcome = .otherEvent
                default: outcome = .bad("type: it is neither FLOW nor EVENT")
                }
            } catch {
                outcome = .bad(error.reason)
            }
            try take(outcome, flow.canonical, &batch)
        }
    }

    private func record(_ flow: JSONFields, _ batch: inout FlowBatch) throws(BadLine) {
        guard let first = flow.text("first"), let last = flow.text("last") else {
            throw BadLine("first: there is none")
        }
        try batch.set(
            start: try NfdumpValues.instant(first, "first"), end: try NfdumpValues.instant(last, "last"))
        for family in ["4", "6"] {
            try flow.set(.initiatorIP, address: "src\(family)_addr", &batch)
            try flow.set(.targetIP, address: "dst\(family)_addr", &batch)
            try flow.set(.hostTranslationInitiatorIP, address: "src\(family)_xlt_ip", &batch)
            try flow.set(.hostTranslationTargetIP, address: "dst\(family)_xlt_ip", &batch)
            flow.set(.host, text: "ip\(family)_router", &batch)
        }
        try flow.set(.hostTranslationInitiatorPort, number: "src_xlt_port", &batch, most: 65_535)
        try flow.set(.hostTranslationTargetPort, number: "dst_xlt_port", &batch, most: 65_535)
        let transport = try flow.number("proto", most: 255).map { TransportProtocol(rawValue: UInt8($0)) }
        if let transport { batch.set(transport: transport.rawValue) }
        if transport?.hasPorts ?? true {
            try flow.set(.initiatorPort, number: "src_port", &batch, most: 65_535)
            try flow.set(.targetPort, number: "dst_port", &batch, most: 65_535)
        }
        try flow.set(.icmpType, number: "icmp_type", &batch, most: 255)
        try flow.set(.icmpCode, number: "icmp_code", &batch, most: 255)
        if let text = flow.text("tcp_flags"), transport == .tcp {
            batch.set(.flags, number: UInt64(try NfdumpValues.flags(text, "tcp_flags")))
        }
        try flow.set(.packetsFromInitiator, number: "in_packets", &batch)
        try flow.set(.bytesFromInitiator, number: "in_bytes", &batch)
        try flow.set(.packetsFromTarget, number: "out_packets", &batch)
        try flow.set(.bytesFromTarget, number: "out_bytes", &batch)
        if let status = try flow.number("fwd_status", most: 255) { NfdumpValues.setVerdict(status, &batch) }
    }
}
