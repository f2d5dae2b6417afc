/// Writes messages of protocol buffers, field by field.
struct ProtobufWriter {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    mutating func varint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    private mutating func tag(_ field: Int, _ type: UInt64) { varint(UInt64(field) << 3 | type) }

    mutating func number(_ field: Int, _ value: UInt64) {
        tag(field, 0)
        varint(value)
    }

    mutating func fixed(_ field: Int, _ value: UInt64) {
        tag(field, 1)
        for shift in stride(from: UInt64(0), to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: value >> shift)) }
    }

    mutating func text(_ field: Int, _ value: some Collection<UInt8>) {
        tag(field, 2)
        varint(UInt64(value.count))
        bytes.append(contentsOf: value)
    }

    mutating func text(_ field: Int, _ value: String) { text(field, value.utf8) }

    /// A message within: written behind its place first, since its length stands before it.
    mutating func message(_ field: Int, _ body: (inout ProtobufWriter) -> Void) {
        tag(field, 2)
        let start = bytes.count
        body(&self)
        var head = ProtobufWriter()
        head.varint(UInt64(bytes.count - start))
        bytes.insert(contentsOf: head.bytes, at: start)
    }
}
