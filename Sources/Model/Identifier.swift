/// A UUID that names one thing of kind `Subject`; identifiers of different kinds don't mix.
package struct Identifier<Subject>: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Derives an identifier from a path of names: the same path always gives the same identifier.
    ///
    /// The bits are the 128-bit FNV-1a hash of the parts, each closed by a zero byte, in the layout of an RFC 9562
    /// version 8 UUID. The first part should say what kind of thing is named.
    package init(derivedFrom path: String...) {
        var hash = FowlerNollVo128()
        for part in path { hash.add(part.utf8.span) }
        self.init(hash)
    }

    /// Derives an identifier from the path of `kind` and a text in UTF-8.
    package init(derivedFrom kind: String, utf8 text: Span<UInt8>) {
        var hash = FowlerNollVo128()
        hash.add(kind.utf8.span)
        hash.add(text)
        self.init(hash)
    }

    private init(_ hash: FowlerNollVo128) {
        self.init(
            high: hash.high & 0xffff_ffff_ffff_0fff | 0x8000,
            low: hash.low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    /// Reads the 36-character text of a UUID; nil for anything else.
    package init?(_ text: String) { self.init(utf8: text.utf8.span) }

    /// The same, from a text in UTF-8.
    package init?(utf8 text: Span<UInt8>) {
        guard let value = UUIDText.parse(text) else { return nil }
        self.init(high: value.high, low: value.low)
    }

    /// Reads the 36-character text of a UUID; nil for anything else.
    package init?(_ text: some StringProtocol) { self.init(String(text)) }

    /// The first eight hexadecimal digits: enough to tell rules apart in a table.
    package var short: String { String(description.prefix(8)) }
}

extension Identifier: CustomStringConvertible {
    package var description: String { UUIDText.format(high: high, low: low) }
}

extension Identifier: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let identifier = Identifier(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not a UUID")
        }
        self = identifier
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// The 128-bit FNV-1a hash (draft-eastlake-fnv), as two halves.
private struct FowlerNollVo128 {
    var high: UInt64 = 0x6c62_272e_07bb_0142
    var low: UInt64 = 0x62b8_2175_6295_c58d

    /// Adds the bytes of a part and the zero byte that closes it.
    mutating func add(_ part: Span<UInt8>) {
        for index in part.indices { add(part[index]) }
        add(0)
    }

    /// Multiplies by the prime 2^88 + 0x13b after mixing the byte in.
    private mutating func add(_ byte: UInt8) {
        low ^= UInt64(byte)
        let product = low.multipliedFullWidth(by: 0x13b)
        high = high &* 0x13b &+ product.high &+ low << 24
        low = product.low
    }
}
