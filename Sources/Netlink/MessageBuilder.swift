/// Builds netlink messages: headers, attributes, nesting and padding.
package struct MessageBuilder {
    package private(set) var bytes: [UInt8] = []
    private var start = 0

    package init() {}

    /// Begins a netfilter message: `nlmsghdr` and `nfgenmsg`.
    package mutating func begin(type: UInt16, flags: UInt16, sequence: UInt32, family: UInt8, resource: UInt16 = 0) {
        start = bytes.count
        append(UInt32(0))
        append(type)
        append(flags)
        append(sequence)
        append(UInt32(0))
        bytes += [family, 0]
        append(resource.bigEndian)
    }

    /// Adds what a header has beyond the four bytes that `begin` writes.
    mutating func header(_ more: [UInt8]) { bytes += more }

    /// Closes the message: writes its length.
    package mutating func end() {
        patch(UInt32(bytes.count - start), at: start)
    }

    package mutating func attribute(_ type: UInt16, _ payload: [UInt8]) {
        append(UInt16(payload.count + 4))
        append(type)
        bytes += payload
        pad()
    }

    /// A number in network byte order.
    package mutating func attribute<Word: FixedWidthInteger>(_ type: UInt16, big value: Word) {
        append(UInt16(MemoryLayout<Word>.size + 4))
        append(type)
        append(value.bigEndian)
        pad()
    }

    /// A string with its closing zero.
    package mutating func attribute(_ type: UInt16, text: String) {
        attribute(type, Array(text.utf8) + [0])
    }

    /// An attribute that holds what `body` adds.
    package mutating func nested(_ type: UInt16, _ body: (inout MessageBuilder) -> Void) {
        let head = bytes.count
        append(UInt16(0))
        append(type | 0x8000)
        body(&self)
        patch(UInt16(bytes.count - head), at: head)
    }

    private mutating func append<Word: FixedWidthInteger>(_ value: Word) {
        var rest = value
        for _ in 0..<MemoryLayout<Word>.size {
            bytes.append(UInt8(truncatingIfNeeded: rest))
            rest >>= 8
        }
    }

    private mutating func patch<Word: FixedWidthInteger>(_ value: Word, at offset: Int) {
        for index in 0..<MemoryLayout<Word>.size {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> Word(8 * index))
        }
    }

    private mutating func pad() {
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}
