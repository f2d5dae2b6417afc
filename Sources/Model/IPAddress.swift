/// The two versions of the Internet Protocol that interfaces speak.
package enum AddressFamily: UInt8, Hashable, Sendable, Codable, CaseIterable {
    case ipv4 = 4
    case ipv6 = 6

    /// The family in a sentence: `IPv4`, `IPv6`.
    package var name: String {
        switch self {
        case .ipv4: "IPv4"
        case .ipv6: "IPv6"
        }
    }

    /// Length of an address of this family, in bits.
    package var addressBits: Int { self == .ipv4 ? 32 : 128 }
}

/// An IPv4 or IPv6 address without zone.
///
/// Both families share one fixed layout so that a flow key has one size: an IPv4 address sits in the low 32 bits.
package struct IPAddress: Hashable, Sendable {
    package let high: UInt64
    package let low: UInt64
    package let family: AddressFamily

    /// Makes an IPv4 address from its 32 bits in host order.
    package init(ipv4 bits: UInt32) {
        self.high = 0
        self.low = UInt64(bits)
        self.family = .ipv4
    }

    /// Makes an IPv6 address from its upper and lower halves in host order.
    package init(ipv6High high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
        self.family = .ipv6
    }

    /// Reads dotted decimal IPv4 or RFC 4291 IPv6 text; nil when the text is neither.
    ///
    /// IPv4 takes exactly four decimal parts without leading zeros. IPv6 takes `::` once and an embedded IPv4 tail;
    /// zones (`%eth0`) are refused.
    package init?(_ text: some StringProtocol) { self.init(utf8: String(text).utf8.span) }

    /// The same, from a text in UTF-8.
    package init?(utf8 text: Span<UInt8>) {
        if text.indices.contains(where: { text[$0] == UInt8(ascii: ":") }) {
            guard let halves = IPv6Text.parse(text.indices.map { text[$0] }) else { return nil }
            self.init(ipv6High: halves.high, low: halves.low)
        } else {
            guard let bits = IPv4Text.parse(text) else { return nil }
            self.init(ipv4: bits)
        }
    }

    /// The address in network byte order: 4 or 16 bytes.
    package var bytes: [UInt8] {
        switch family {
        case .ipv4: Self.bigEndian(UInt32(truncatingIfNeeded: low))
        case .ipv6: Self.bigEndian(high) + Self.bigEndian(low)
        }
    }

    /// The address with all but its first `length` bits cleared; `length` is 0 up to the family's address bits.
    package func masked(to length: Int) -> IPAddress {
        switch family {
        case .ipv4: IPAddress(ipv4: UInt32(truncatingIfNeeded: low) & Self.mask32(length))
        case .ipv6:
            IPAddress(ipv6High: high & Self.mask64(min(length, 64)), low: low & Self.mask64(max(length - 64, 0)))
        }
    }

    private static func bigEndian<Word: FixedWidthInteger>(_ word: Word) -> [UInt8] {
        stride(from: Word.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: word >> Word($0)) }
    }

    private static func mask32(_ length: Int) -> UInt32 { length <= 0 ? 0 : ~0 << UInt32(32 - min(length, 32)) }
    private static func mask64(_ length: Int) -> UInt64 { length <= 0 ? 0 : ~0 << UInt64(64 - min(length, 64)) }
}

extension IPAddress: Comparable {
    /// IPv4 before IPv6, then by value.
    package static func < (lhs: IPAddress, rhs: IPAddress) -> Bool {
        (lhs.family.rawValue, lhs.high, lhs.low) < (rhs.family.rawValue, rhs.high, rhs.low)
    }
}

extension IPAddress: CustomStringConvertible {
    /// Dotted decimal, or the shortest lower-case IPv6 text of RFC 5952.
    package var description: String {
        family == .ipv4 ? IPv4Text.format(UInt32(truncatingIfNeeded: low)) : IPv6Text.format(high: high, low: low)
    }
}

extension IPAddress: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let address = IPAddress(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not an IP address")
        }
        self = address
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
