/// A 48-bit Ethernet address.
package struct MACAddress: Hashable, Sendable {
    /// The address in its low 48 bits.
    package let bits: UInt64

    package init(bits: UInt64) { self.bits = bits & 0xffff_ffff_ffff }

    /// Reads six pairs of hexadecimal digits, separated by colons or hyphens.
    package init?(_ text: some StringProtocol) {
        var bits: UInt64 = 0
        var place = 0
        for byte in text.utf8 {
            if place % 3 == 2 {
                guard byte == UInt8(ascii: ":") || byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = hexadecimalDigit(byte) else { return nil }
                bits = bits << 4 | digit
            }
            place += 1
        }
        guard place == 17 else { return nil }
        self.bits = bits
    }
}

extension MACAddress: CustomStringConvertible {
    /// Lower case, separated by colons.
    package var description: String {
        var text = ShortText()
        for shift: UInt64 in [40, 32, 24, 16, 8, 0] {
            if shift < 40 { text.append(UInt8(ascii: ":")) }
            text.append(hexadecimal: bits >> shift, digits: 2)
        }
        return text.text
    }
}

extension MACAddress: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = MACAddress(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not a MAC address")
        }
        self = address
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
