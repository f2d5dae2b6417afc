import Archive
import Host
import Model
import Records

/// Reads the event lines of Neutron's OVS driver, each of which is one packet that began or was refused.
///
/// A line whose time has no year is of the latest year in which it is not in the future. There are no counts.
struct NeutronReader: LineReader {
    var context: [UInt8] { [] }
    private let now: Timestamp

    init(now: Timestamp = Timestamp(nanoseconds: SystemClock.realtime)) { self.now = now }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: line.prefix(4096), as: UTF8.self)
        return text.contains(" action=ACCEPT") || text.contains(" action=DROP")
    }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return .comment }
        let text = String(decoding: line, as: UTF8.self)
        do throws(BadLine) {
            guard let place = text.firstRange(of: "action=") else { throw BadLine("action: there is none") }
            let time = try LogTime.microseconds(text[..<place.lowerBound], now: now)
            try record(text[place.lowerBound...], time, &batch)
            return .record
        } catch {
            return .bad(error.reason)
        }
    }

    private func record(_ text: Substring, _ time: Int64, _ batch: inout FlowBatch) throws(BadLine) {
        try batch.set(start: time, end: time)
        var head: [Substring: Substring] = [:]
        let layers =
            text.firstRange(of: "ethernet(")?.lowerBound ?? text.firstRange(of: "ipv4(")?.lowerBound ?? text.endIndex
        for part in text[..<layers].split(whereSeparator: { $0 == " " || $0 == "," }) {
            guard let equals = part.firstIndex(of: "=") else { continue }
            head[part[..<equals]] = part[part.index(after: equals)...]
        }
        switch head["action"] {
        case "ACCEPT": batch.set(.verdict, text: Verdict.accept.rawValue)
        case "DROP": batch.set(.verdict, text: Verdict.drop.rawValue)
        case let word: throw BadLine("action: \"\(word ?? "")\" is neither ACCEPT nor DROP")
        }
        if let project = head["project_id"], project != "None" { batch.set(.project, text: String(project)) }
        if let port = head["vm_port"] ?? head["port"] { batch.set(.interfaceID, text: String(port)) }
        for (name, values) in Self.layers(text[layers...]) { try layer(name, values, &batch) }
    }

    private func layer(
        _ name: Substring, _ values: [Substring: Substring], _ batch: inout FlowBatch
    ) throws(BadLine) {
        func bytes(_ key: Substring) -> ArraySlice<UInt8>? { values[key].map { Array($0.utf8)[...] } }
        switch name {
        case "ipv4", "ipv6":
            if let text = bytes("src") { batch.set(.initiatorIP, address: try FieldValues.address(text, "src")) }
            if let text = bytes("dst") { batch.set(.targetIP, address: try FieldValues.address(text, "dst")) }
            if let text = bytes("proto") ?? bytes("nxt") {
                batch.set(transport: UInt8(try FieldValues.number(text, "proto", most: 255)))
            }
        case "tcp", "udp", "sctp":
            batch.set(transport: (TransportProtocol(name) ?? .tcp).rawValue)
            for (key, column) in [("src_port" as Substring, FlowColumn.initiatorPort), ("dst_port", .targetPort)] {
                if let text = bytes(key) {
                    batch.set(column, number: try FieldValues.number(text, String(key), most: 65_535))
                }
            }
            if name == "tcp", let text = bytes("bits") {
                // The ninth bit is no flag that records know.
                batch.set(.flags, number: try FieldValues.number(text, "bits", most: 511) & 255)
            }
        case "icmp", "icmpv6":
            batch.set(transport: (name == "icmp" ? TransportProtocol.icmp : .icmpv6).rawValue)
            for (key, column) in [
                ("type" as Substring, FlowColumn.icmpType), ("type_", .icmpType), ("code", .icmpCode),
            ] {
                if let text = bytes(key) {
                    batch.set(column, number: try FieldValues.number(text, String(key), most: 255))
                }
            }
        default: break
        }
    }

    /// The layers of a packet: a name, and its values between parentheses. What is nested within values is passed over.
    private static func layers(_ text: Substring) -> [(Substring, [Substring: Substring])] {
        var layers: [(Substring, [Substring: Substring])] = []
        var rest = text
        while let open = rest.firstIndex(of: "(") {
            let name = rest[..<open].drop { !$0.isLetter }
            var depth = 0
            var end = open
            var start = rest.index(after: open)
            var values: [Substring: Substring] = [:]
            func take(_ part: Substring) {
                guard let equals = part.firstIndex(of: "=") else { return }
                let value = part[part.index(after: equals)...]
                let isQuoted = value.count >= 2 && value.first == "'" && value.last == "'"
                values[part[..<equals]] = isQuoted ? value.dropFirst().dropLast() : value
            }
            for index in rest[open...].indices {
                switch rest[index] {
                case "(", "[": depth += 1
                case ")", "]": depth -= 1
                case "," where depth == 1:
                    take(rest[start..<index])
                    start = rest.index(after: index)
                default: break
                }
                end = index
                if depth == 0 { break }
            }
            if start <= end { take(rest[start..<end]) }
            layers.append((name, values))
            rest = rest[rest.index(after: end)...]
        }
        return layers
    }
}
