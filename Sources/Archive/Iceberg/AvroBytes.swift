/// Values in Avro's binary encoding, and files of them (Apache Avro 1.11: "Binary Encoding", "Object Container Files").
struct AvroBytes {
    private(set) var bytes: [UInt8] = []

    /// A number in the fewest bytes, small ones of either sign short.
    mutating func append(_ number: Int64) {
        var rest = UInt64(bitPattern: number << 1 ^ number >> 63)
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    mutating func append(_ value: [UInt8]) {
        append(Int64(value.count))
        bytes += value
    }

    mutating func append(_ text: String) { append(Array(text.utf8)) }

    /// The second branch of a union of null and something, which follows; nil is its first.
    mutating func append<Value>(optional value: Value?, _ write: (inout AvroBytes, Value) -> Void) {
        append(value == nil ? 0 : 1)
        if let value { write(&self, value) }
    }

    /// An array, or the pairs of a map, in one block.
    mutating func append<Element>(_ elements: [Element], _ write: (inout AvroBytes, Element) -> Void) {
        if !elements.isEmpty {
            append(Int64(elements.count))
            for element in elements { write(&self, element) }
        }
        append(0)
    }

    /// A file of records.
    ///
    /// - Parameters:
    ///   - schema: The records' schema, as JSON.
    ///   - metadata: What the file says beside it.
    ///   - records: Each record's encoding.
    /// - Returns: The file's bytes.
    static func file(schema: String, metadata: [(key: String, value: String)], records: [AvroBytes]) -> [UInt8] {
        var file = AvroBytes()
        file.bytes = Array("Obj".utf8) + [1]
        file.append([("avro.schema", schema), ("avro.codec", "null")] + metadata.map { ($0.key, $0.value) }) {
            $0.append($1.0)
            $0.append($1.1)
        }
        let marker = (0..<16).map { _ in UInt8.random(in: 0...255) }
        file.bytes += marker
        let body = records.flatMap(\.bytes)
        if !records.isEmpty {
            file.append(Int64(records.count))
            file.append(Int64(body.count))
            file.bytes += body + marker
        }
        return file.bytes
    }
}
