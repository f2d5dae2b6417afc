import Archive
import Model
import Records

/// Reads what `nfdump -o csv` prints of nfcapd files (1.6 and 1.7): a line a flow, one way unless its exporter counted both.
///
/// Times have no zone and are cut to seconds: they are UTC here, so run nfdump with `TZ=UTC`. The summary at the end is none.
struct NfdumpReader: LineReader {
    private var columns: [String] = []
    /// Behind the flows, until another heading.
    private var isInSummary = false

    var context: [UInt8] { Array(columns.joined(separator: ",").utf8) + [0] }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool { line.starts(with: "ts,te,td,sa,da,".utf8) }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if Self.fits(line) {
            columns = String(decoding: line, as: UTF8.self).split(separator: ",").map(String.init)
            isInSummary = false
            return .heading
        }
        if line.elementsEqual("Summary".utf8) || line.elementsEqual("No matching flows".utf8) { isInSummary = true }
        if isInSummary { return .comment }
        guard !columns.isEmpty else {
            return .bad("no line has named the columns; ts,te,td,sa,da,… is what nfdump -o csv begins with")
        }
        let tokens = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard tokens.count == columns.count else {
            return .bad("\(tokens.count) values, where \(columns.count) columns are wanted")
        }
        var values: [String: ArraySlice<UInt8>] = [:]
        for (name, token) in zip(columns, tokens) {
            let text = token.drop { $0 == UInt8(ascii: " ") }
            if !text.isEmpty { values[name] = text }
        }
        do throws(BadLine) {
            try record(values, &batch)
            return .record
        } catch {
            return .bad(error.reason)
        }
    }

    private func record(_ values: [String: ArraySlice<UInt8>], _ batch: inout FlowBatch) throws(BadLine) {
        func need(_ name: String) throws(BadLine) -> ArraySlice<UInt8> {
            guard let text = values[name] else { throw BadLine("\(name): there is none") }
            return text
        }
        func number(_ name: String, most: UInt64 = .max) throws(BadLine) -> UInt64? {
            guard let text = values[name] else { return nil }
            return try FieldValues.number(text, name, most: most)
        }
        try batch.set(
            start: try NfdumpValues.instant(need("ts"), "ts"), end: try NfdumpValues.instant(need("te"), "te"))
        batch.set(.initiatorIP, address: try FieldValues.address(need("sa"), "sa"))
        batch.set(.targetIP, address: try FieldValues.address(need("da"), "da"))
        let transport = try NfdumpValues.transport(need("pr"))
        batch.set(transport: transport.rawValue)
        let source = try number("sp", most: 65_535)
        let target = try number("dp", most: 65_535)
        if transport.hasPorts {
            if let source { batch.set(.initiatorPort, number: source) }
            if let target { batch.set(.targetPort, number: target) }
        } else if transport.isICMP, let target {
            // Type and code stand in the target's port, as exporters have them.
            batch.set(.icmpType, number: target >> 8)
            batch.set(.icmpCode, number: target & 255)
        }
        if let text = values["flg"], transport == .tcp {
            batch.set(.flags, number: UInt64(try NfdumpValues.flags(text, "flg")))
        }
        if let packets = try number("ipkt") { batch.set(.packetsFromInitiator, number: packets) }
        if let bytes = try number("ibyt") { batch.set(.bytesFromInitiator, number: bytes) }
        let back = (packets: try number("opkt"), bytes: try number("obyt"))
        // Zeros stand where the exporter counted one way.
        if let packets = back.packets, let bytes = back.bytes, packets > 0 || bytes > 0 {
            batch.set(.packetsFromTarget, number: packets)
            batch.set(.bytesFromTarget, number: bytes)
        }
        if let status = try number("fwd", most: 255) { NfdumpValues.setVerdict(status, &batch) }
        if let router = values["ra"], !router.elementsEqual("0.0.0.0".utf8) {
            _ = try FieldValues.address(router, "ra")
            batch.set(.host, text: router)
        }
    }
}

/// Values as nfdump spells them.
enum NfdumpValues {
    static func instant(_ text: ArraySlice<UInt8>, _ name: String) throws(BadLine) -> Int64 {
        guard let instant = LogTime.civil(String(decoding: text, as: UTF8.self)) else {
            throw BadLine("\(name): \"\(FieldValues.shown(text))\" is no time")
        }
        return instant
    }

    static func transport(_ text: ArraySlice<UInt8>) throws(BadLine) -> TransportProtocol {
        let word = String(decoding: text, as: UTF8.self).lowercased()
        if word == "icmp6" { return .icmpv6 }
        if word == "frag6" { return TransportProtocol(rawValue: 44) }
        guard let transport = TransportProtocol(word) else {
            throw BadLine("pr: \"\(FieldValues.shown(text))\" is no protocol that is known")
        }
        return transport
    }

    /// `CEUAPRSF`, a dot for each flag that was not seen; 1.6 has the last six of them.
    static func flags(_ text: ArraySlice<UInt8>, _ name: String) throws(BadLine) -> UInt8 {
        let letters = Array("CEUAPRSF".utf8)
        let isWhole = text.count == 6 || text.count == 8
        var flags: UInt8 = 0
        for (letter, seen) in zip(letters.suffix(text.count), text) {
            guard isWhole, seen == letter || seen == UInt8(ascii: ".") else { break }
            flags = flags << 1 | (seen == letter ? 1 : 0)
        }
        let spelled = letters.enumerated().map { flags & 0x80 >> $0.offset != 0 ? $0.element : UInt8(ascii: ".") }
        guard isWhole, text.elementsEqual(spelled.suffix(text.count)) else {
            throw BadLine("\(name): \"\(FieldValues.shown(text))\" names no flags; ...AP.SF does")
        }
        return flags
    }

    /// The upper two bits of `forwardingStatus`: forwarded is an accept, dropped a drop; unknown and consumed are neither.
    static func setVerdict(_ status: UInt64, _ batch: inout FlowBatch) {
        switch status >> 6 {
        case 1: batch.set(.verdict, text: Verdict.accept.rawValue)
        case 2: batch.set(.verdict, text: Verdict.drop.rawValue)
        default: break
        }
    }
}
