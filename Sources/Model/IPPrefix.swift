/// An address block in CIDR form, with no host bits set.
package struct IPPrefix: Hashable, Sendable {
    package let base: IPAddress
    package let length: Int

    /// Why a text is not a prefix.
    package enum ParseError: Error, Equatable {
        /// Not `ADDRESS` or `ADDRESS/LENGTH`.
        case malformed
        /// The length is beyond the family's address bits.
        case lengthOutOfRange(maximum: Int)
        /// Bits beyond the length are set; `network` is the block that was probably meant.
        case hostBitsSet(network: IPPrefix)
    }

    /// Makes the block of `length` bits that holds `address`; host bits are cleared.
    package init(containing address: IPAddress, length: Int) {
        self.base = address.masked(to: length)
        self.length = length
    }

    /// Makes the block of one address (/32 or /128).
    package init(_ address: IPAddress) {
        self.init(containing: address, length: address.family.addressBits)
    }

    /// Reads `ADDRESS/LENGTH`; a bare address is its own /32 or /128.
    package init(parsing text: some StringProtocol) throws(ParseError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let address = IPAddress(parts[0]) else { throw .malformed }
        guard parts.count == 2 else {
            self.init(address)
            return
        }
        guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(parts[1]) else {
            throw .malformed
        }
        guard length <= address.family.addressBits else {
            throw .lengthOutOfRange(maximum: address.family.addressBits)
        }
        self.init(containing: address, length: length)
        guard base == address else { throw .hostBitsSet(network: self) }
    }

    package var family: AddressFamily { base.family }

    /// Whether the block is one address.
    package var isSingleAddress: Bool { length == family.addressBits }

    package func contains(_ address: IPAddress) -> Bool {
        address.family == family && address.masked(to: length) == base
    }

    /// Whether every address of `other` is in this block.
    package func contains(_ other: IPPrefix) -> Bool {
        other.length >= length && contains(other.base)
    }

    /// Its last address.
    package var last: IPAddress {
        switch family {
        case .ipv4:
            return IPAddress(
                ipv4: UInt32(truncatingIfNeeded: base.low) | (length == 0 ? .max : ~(~0 << UInt32(32 - length))))
        case .ipv6:
            let high: UInt64 = length >= 64 ? 0 : length == 0 ? .max : ~(~0 << UInt64(64 - length))
            let low: UInt64 = length <= 64 ? .max : length == 128 ? 0 : ~(~0 << UInt64(128 - length))
            return IPAddress(ipv6High: base.high | high, low: base.low | low)
        }
    }

    package func overlaps(_ other: IPPrefix) -> Bool { contains(other) || other.contains(self) }
}

extension IPPrefix: CustomStringConvertible {
    package var description: String { "\(base)/\(length)" }
}

extension IPPrefix: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        do {
            self = try IPPrefix(parsing: text)
        } catch {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\"\(text)\" is not a prefix")
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}
