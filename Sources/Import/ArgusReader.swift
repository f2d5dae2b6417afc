import Archive
import Model
import Records

/// Reads Argus' flows as comma-separated values, as `ra -c ,` writes them and as binetflow files have them.
///
/// Bytes from the target are the total less the source's; packets of a side are known only where a column has them. Of ICMP the
/// ports are type and code in hexadecimal. `man` records are about Argus itself.
struct ArgusReader: LineReader {
    private var columns: [String] = []

    var context: [UInt8] { Array(columns.joined(separator: ",").utf8) + [0] }

    static func fits(_ line: ArraySlice<UInt8>) -> Bool {
        let names = names(line)
        return names.contains("starttime") && names.contains("srcaddr")
    }

    private static func names(_ line: ArraySlice<UInt8>) -> [String] {
        String(decoding: line, as: UTF8.self).split(separator: ",", omittingEmptySubsequences: false).map { name in
            String(name.filter { $0 != " " && $0 != "\"" }).lowercased()
        }
    }

    mutating func read(_ line: ArraySlice<UInt8>, into batch: inout FlowBatch) -> LineOutcome {
        if line.first == UInt8(ascii: "#") { return .comment }
        if Self.fits(line) {
            columns = Self.names(line)
            return .heading
        }
        guard !columns.isEmpty else { return .bad("no line has named the columns") }
        let tokens = line.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map(Self.trimmed)
        guard tokens.count == columns.count else {
            return .bad("\(tokens.count) values, where \(columns.count) columns are wanted")
        }
        var values: [String: ArraySlice<UInt8>] = [:]
        for (name, token) in zip(columns, tokens) where !token.isEmpty { values[name] = token }
        if values["proto"]?.elementsEqual("man".utf8) == true { return .otherEvent }
        do throws(BadLine) {
            try record(values, &batch)
            return .record
        } catch {
            return .bad(error.reason)
        }
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while text.first == UInt8(ascii: " ") { text.removeFirst() }
        while text.last == UInt8(ascii: " ") { text.removeLast() }
        return text
    }

    private func record(_ values: [String: ArraySlice<UInt8>], _ batch: inout FlowBatch) throws(BadLine) {
        guard let time = values["starttime"] else { throw BadLine("StartTime: there is none") }
        let isNumber = time.allSatisfy { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
        let start: Int64
        if isNumber {
            start = try FieldValues.decimalSeconds(time, "StartTime")
        } else if let civil = LogTime.civil(String(decoding: time, as: UTF8.self)) {
            start = civil
        } else {
            throw BadLine("StartTime: \"\(FieldValues.shown(time))\" is no time")
        }
        let length = try values["dur"].map { (text) throws(BadLine) in try FieldValues.decimalSeconds(text, "Dur") }
        try batch.set(start: start, end: start + (length ?? 0))
        if let text = values["srcaddr"] { batch.set(.initiatorIP, address: try FieldValues.address(text, "SrcAddr")) }
        if let text = values["dstaddr"] { batch.set(.targetIP, address: try FieldValues.address(text, "DstAddr")) }
        // Protocols that are none of IP's, as arp, are left out.
        let transport = values["proto"].flatMap { TransportProtocol(String(decoding: $0, as: UTF8.self)) }
        if let transport { batch.set(transport: transport.rawValue) }
        for (name, column, other) in [
            ("sport", FlowColumn.initiatorPort, FlowColumn.icmpType), ("dport", .targetPort, .icmpCode),
        ] {
            guard let text = values[name] else { continue }
            let isICMP = transport?.isICMP == true
            guard isICMP || transport?.hasPorts ?? false else { continue }
            batch.set(isICMP ? other : column, number: try Self.port(text, name, most: isICMP ? 255 : 65_535))
        }
        try counts(values, &batch)
    }

    private func counts(_ values: [String: ArraySlice<UInt8>], _ batch: inout FlowBatch) throws(BadLine) {
        func number(_ name: String) throws(BadLine) -> UInt64? {
            guard let text = values[name] else { return nil }
            return try FieldValues.number(text, name)
        }
        let (total, own) = (try number("totbytes"), try number("srcbytes"))
        if let own { batch.set(.bytesFromInitiator, number: own) }
        if let bytes = try number("dstbytes") {
            batch.set(.bytesFromTarget, number: bytes)
        } else if let total, let own {
            guard total >= own else { throw BadLine("TotBytes: \(total) is less than SrcBytes, \(own)") }
            batch.set(.bytesFromTarget, number: total - own)
        }
        if let packets = try number("srcpkts") { batch.set(.packetsFromInitiator, number: packets) }
        if let packets = try number("dstpkts") { batch.set(.packetsFromTarget, number: packets) }
        _ = try number("totpkts")
    }

    private static func port(_ text: ArraySlice<UInt8>, _ name: String, most: UInt64) throws(BadLine) -> UInt64 {
        guard text.starts(with: Array("0x".utf8)) else { return try FieldValues.number(text, name, most: most) }
        let digits = String(decoding: text.dropFirst(2), as: UTF8.self)
        guard !digits.isEmpty, digits.allSatisfy(\.isHexDigit), let number = UInt64(digits, radix: 16), number <= most
        else {
            throw BadLine("\(name): \"\(FieldValues.shown(text))\" is no number up to \(most)")
        }
        return number
    }
}
