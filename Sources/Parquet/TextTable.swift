/// Texts behind each other, found by their number.
package struct TextTable: Hashable, Sendable {
    package private(set) var bytes: [UInt8] = []
    /// Where each text begins, and where the last one ends.
    package private(set) var offsets: [UInt32] = [0]

    package init() {}

    package init(_ texts: [String]) {
        for text in texts { append(text) }
    }

    package var count: Int { offsets.count - 1 }

    package func range(_ code: UInt32) -> Range<Int> { Int(offsets[Int(code)])..<Int(offsets[Int(code) + 1]) }

    /// The text's bytes.
    package subscript(_ code: UInt32) -> ArraySlice<UInt8> { bytes[range(code)] }

    package func text(_ code: UInt32) -> String { String(decoding: self[code], as: UTF8.self) }

    /// All texts together have at most 4 GiB; a caller's batches are far from it.
    @discardableResult
    package mutating func append(_ text: ArraySlice<UInt8>) -> UInt32 {
        bytes.append(contentsOf: text)
        offsets.append(UInt32(bytes.count))
        return UInt32(offsets.count - 2)
    }

    @discardableResult
    package mutating func append(_ text: String) -> UInt32 {
        bytes.append(contentsOf: text.utf8)
        offsets.append(UInt32(bytes.count))
        return UInt32(offsets.count - 2)
    }

    package mutating func reserve(texts: Int, bytes count: Int) {
        offsets.reserveCapacity(offsets.count + texts)
        bytes.reserveCapacity(bytes.count + count)
    }
}
