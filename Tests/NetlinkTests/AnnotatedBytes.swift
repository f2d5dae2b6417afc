/// Netlink bytes cut into fields, each with its name from the kernel's headers.
///
/// It knows the layout by tables of its own, not by the decoders that it is held against.
struct AnnotatedBytes {
    private(set) var lines: [String] = []
    private let bytes: [UInt8]

    init(_ bytes: [UInt8], _ kind: MessageKind) {
        self.bytes = bytes
        var offset = 0
        while offset + 16 <= bytes.count {
            let length = number(offset, 4)
            let type = number(offset + 4, 2)
            let end = min(offset + length, bytes.count)
            field(offset, 4, "nlmsghdr.nlmsg_len \(length)")
            field(offset + 4, 2, "nlmsghdr.nlmsg_type \(kind.name(ofType: type))")
            field(offset + 6, 2, "nlmsghdr.nlmsg_flags 0x\(String(number(offset + 6, 2), radix: 16))")
            field(offset + 8, 4, "nlmsghdr.nlmsg_seq \(number(offset + 8, 4))")
            field(offset + 12, 4, "nlmsghdr.nlmsg_pid \(number(offset + 12, 4))")
            guard length >= 16 else { break }
            if type < 16 {
                control(offset + 16, end, type)
            } else {
                let body = head(offset + 16, end, kind, type)
                attributes(body, end, kind.attributes(ofType: type), depth: 0)
            }
            offset += (length + 3) & ~3
        }
        if offset < bytes.count { field(offset, bytes.count - offset, "cut off") }
    }

    private func number(_ offset: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { offset + $1 < bytes.count ? $0 | Int(bytes[offset + $1]) << (8 * $1) : $0 }
    }

    /// NLMSG_ERROR and NLMSG_DONE: an error number, and for an error the head of what it answers.
    private mutating func control(_ offset: Int, _ end: Int, _ type: Int) {
        let code = Int32(truncatingIfNeeded: number(offset, 4))
        field(offset, min(4, end - offset), type == 3 ? "error of the dump \(code)" : "nlmsgerr.error \(code)")
        if offset + 4 < end { field(offset + 4, end - offset - 4, "nlmsgerr.msg, the request's head") }
    }

    /// The fixed head after nlmsghdr; returns where attributes begin.
    private mutating func head(_ offset: Int, _ end: Int, _ kind: MessageKind, _ type: Int) -> Int {
        var place = offset
        for part in kind.head(ofType: type) {
            field(place, min(part.count, max(end - place, 0)), part.name)
            place += part.count
        }
        return place
    }

    private mutating func attributes(_ start: Int, _ end: Int, _ names: AttributeNames, depth: Int) {
        var offset = start
        let margin = String(repeating: "  ", count: depth)
        while offset + 4 <= end {
            let length = number(offset, 2)
            let type = number(offset + 2, 2) & 0x3fff
            let known = names.known[type] ?? names.each
            let name = known?.name ?? "attribute \(type)"
            field(offset, 2, "\(margin)nla_len \(length)")
            field(offset + 2, 2, "\(margin)nla_type \(name)")
            guard length >= 4, offset + length <= end else { return field(offset + 4, end - offset - 4, "cut off") }
            if let nested = known?.nested {
                attributes(offset + 4, offset + length, nested, depth: depth + 1)
            } else {
                field(offset + 4, length - 4, "\(margin)  \(meaning(offset + 4, length - 4, known?.form ?? .bytes))")
            }
            let padded = (length + 3) & ~3
            if padded > length, offset + padded <= end {
                field(offset + length, padded - length, "\(margin)padding")
            }
            offset += padded
        }
    }

    private func meaning(_ offset: Int, _ count: Int, _ form: AttributeForm) -> String {
        let part = bytes[offset..<min(offset + count, bytes.count)]
        switch form {
        case .bytes: return "\(count) bytes"
        case .number: return String(part.reduce(0) { $0 &<< 8 | UInt64($1) })
        case .hostNumber: return String(part.reversed().reduce(0) { $0 &<< 8 | UInt64($1) })
        case .text: return "\"" + String(decoding: part.prefix { $0 != 0 }, as: UTF8.self) + "\""
        }
    }

    private mutating func field(_ offset: Int, _ count: Int, _ comment: String) {
        var start = offset
        let end = min(offset + max(count, 0), bytes.count)
        while start < end {
            let part = bytes[start..<min(start + 16, end)]
            let hex = part.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
            let place = String(start, radix: 16)
            let margin = String(repeating: "0", count: max(0, 4 - place.count))
            let room = String(repeating: " ", count: max(0, 48 - hex.count))
            lines.append("\(margin)\(place)  \(hex)\(room); \(start == offset ? comment : "…")")
            start += 16
        }
    }
}
