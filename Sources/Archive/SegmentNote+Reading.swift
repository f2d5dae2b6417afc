import Parquet

extension SegmentNote {
    /// Reads what a file's metadata says; nil where it is no segment.
    init?(_ metadata: [String: String]) {
        guard metadata["gatehouse.schema"] != nil, let start = metadata["gatehouse.start"].flatMap({ Int64($0) }),
            let end = metadata["gatehouse.end"].flatMap({ Int64($0) })
        else { return nil }
        func list(_ key: String) -> [String] {
            (metadata[key] ?? "").split(separator: ",").map { Self.decoded($0) }
        }
        self.init(start: start, end: end, hosts: list("gatehouse.hosts"), sources: list("gatehouse.sources"))
        for entry in (metadata["gatehouse.numbers"] ?? "").split(separator: ",") {
            let parts = entry.split(separator: "=")
            let ends = parts.last?.split(separator: "-").compactMap { UInt64($0) } ?? []
            guard parts.count == 2, ends.count == 2, ends[0] <= ends[1] else { continue }
            numbers[Self.decoded(parts[0])] = ends[0]...ends[1]
        }
    }

    /// Undoes percent-encoding.
    static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
