import Archive
import Model
import Records

/// Reads OVN's lines of ACLs that log: `TIME|NUMBER|acl_log(…)|INFO|name=…, verdict=…, severity=…, direction=…: FLOW`.
///
/// `reject` is a drop. There are no counts.
struct OVNReader: LineReader {
    var context: [UInt8] { [] }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool {
        String(decoding: line.prefix(256), as: UTF8.self).contains("|acl_log(")
    }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return .comment }
        let text = String(decoding: line, as: UTF8.self)
        let parts = text.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
        do throws(BadLine) {
            guard parts.count == 5 else { throw BadLine("\(parts.count) parts with | between, where 5 are wanted") }
            guard parts[2].hasPrefix("acl_log") else { return .otherEvent }
            guard let time = LogTime.civil(parts[0]) else {
                throw BadLine("time: \"\(FieldValues.shown(Array(parts[0].utf8)[...]))\" is none")
            }
            return try record(parts[4], time, &batch)
        } catch {
            return .bad(error.reason)
        }
    }

    private func record(_ text: Substring, _ time: Int64, _ batch: inout FlowBatch) throws(BadLine) -> LineOutcome {
        guard let colon = text.firstRange(of: ": ") else { throw BadLine("the flow is missing") }
        var head: [Substring: Substring] = [:]
        for part in text[..<colon.lowerBound].split(separator: ", ") {
            guard let equals = part.firstIndex(of: "=") else { continue }
            head[part[..<equals]] = part[part.index(after: equals)...]
        }
        let flow = text[colon.upperBound...].split(separator: ",")
        guard let kind = flow.first, kind != "arp", kind != "rarp" else { return .otherEvent }
        try batch.set(start: time, end: time)
        switch head["verdict"] {
        case "allow", "allow-related", "allow-stateless", "pass": batch.set(.verdict, text: Verdict.accept.rawValue)
        case "drop", "reject": batch.set(.verdict, text: Verdict.drop.rawValue)
        case let word: throw BadLine("verdict: \"\(word ?? "")\" is none that is known")
        }
        switch head["direction"] {
        case "to-lport": batch.set(.direction, text: Direction.ingress.rawValue)
        case "from-lport": batch.set(.direction, text: Direction.egress.rawValue)
        case nil: break
        case .some(let word): throw BadLine("direction: \"\(word)\" is none that is known")
        }
        if let name = head["name"] {
            let plain =
                name.hasPrefix("\"") && name.hasSuffix("\"") && name.count >= 2 ? name.dropFirst().dropLast() : name
            batch.set(.rule, text: String(plain))
        }
        try values(flow, &batch)
        return .record
    }

    private func values(_ flow: [Substring], _ batch: inout FlowBatch) throws(BadLine) {
        var transport = Self.transports[String(flow[0])]
        for part in flow.dropFirst() {
            guard let equals = part.firstIndex(of: "=") else { continue }
            let key = String(part[..<equals])
            let value = Array(part[part.index(after: equals)...].utf8)[...]
            switch key {
            case "nw_src", "ipv6_src": batch.set(.initiatorIP, address: try FieldValues.address(value, key))
            case "nw_dst", "ipv6_dst": batch.set(.targetIP, address: try FieldValues.address(value, key))
            case "tp_src": batch.set(.initiatorPort, number: try FieldValues.number(value, key, most: 65_535))
            case "tp_dst": batch.set(.targetPort, number: try FieldValues.number(value, key, most: 65_535))
            case "icmp_type": batch.set(.icmpType, number: try FieldValues.number(value, key, most: 255))
            case "icmp_code": batch.set(.icmpCode, number: try FieldValues.number(value, key, most: 255))
            case "nw_proto":
                transport = TransportProtocol(rawValue: UInt8(try FieldValues.number(value, key, most: 255)))
            case "tcp_flags": batch.set(.flags, number: Self.flags(value))
            default: break
            }
        }
        if let transport { batch.set(transport: transport.rawValue) }
    }

    private static let transports: [String: TransportProtocol] = [
        "tcp": .tcp, "tcp6": .tcp, "udp": .udp, "udp6": .udp, "sctp": .sctp, "sctp6": .sctp, "icmp": .icmp,
        "icmp6": .icmpv6,
    ]

    /// `syn|ack`.
    private static func flags(_ text: ArraySlice<UInt8>) -> UInt64 {
        let names = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"]
        return String(decoding: text, as: UTF8.self).split(whereSeparator: { !$0.isLetter }).reduce(0) { bits, name in
            bits | (names.firstIndex(of: String(name)).map { 1 << UInt64($0) } ?? 0)
        }
    }
}
