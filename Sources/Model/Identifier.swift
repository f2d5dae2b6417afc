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
        for part in path {
            for byte in part.utf8 { hash.add(byte) }
            hash.add(0)
        }
        self.high = hash.high & 0xffff_ffff_ffff_0fff | 0x8000
        self.low = hash.low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
    }

    /// Reads the 36-character text of a UUID; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        guard bytes.count == 36 else { return nil }
        var value: (high: UInt64, low: UInt64) = (0, 0)
        for (index, byte) in bytes.enumerated() {
            if [8, 13, 18, 23].contains(index) {
                guard byte == UInt8(ascii: "-") else { return nil }
                continue
            }
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
            value = (value.high << 4 | value.low >> 60, value.low << 4 | UInt64(digit))
        }
        self.init(high: value.high, low: value.low)
    }

    /// The first eight hexadecimal digits: enough to tell rules apart in a table.
    package var short: String { String(description.prefix(8)) }
}

extension Identifier: CustomStringConvertible {
    package var description: String {
        let digits = hexadecimal(high) + hexadecimal(low)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if [8, 12, 16, 20].contains(index) { text.append("-") }
            text.append(digit)
        }
        return text
    }

    private func hexadecimal(_ value: UInt64) -> String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
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

    /// Multiplies by the prime 2^88 + 0x13b after mixing the byte in.
    mutating func add(_ byte: UInt8) {
        low ^= UInt64(byte)
        let product = low.multipliedFullWidth(by: 0x13b)
        high = high &* 0x13b &+ product.high &+ low << 24
        low = product.low
    }
}
