import Model

/// The vocabulary's values, read from their text as bytes: the fast way for the spellings that our encoders write.
///
/// Whatever is spelled otherwise goes the vocabulary's own way, which says what is valid.
extension ArraySlice<UInt8> {
    var text: String { String(decoding: self, as: UTF8.self) }

    /// Decimal digits, without sign; nil for anything else and beyond 64 bits.
    var decimal: UInt64? {
        guard !isEmpty, count <= 20 else { return nil }
        var value: UInt64 = 0
        for byte in self {
            guard (0x30...0x39).contains(byte) else { return nil }
            let scaled = value.multipliedReportingOverflow(by: 10)
            let sum = scaled.partialValue.addingReportingOverflow(UInt64(byte - 0x30))
            guard !scaled.overflow, !sum.overflow else { return nil }
            value = sum.partialValue
        }
        return value
    }

    func identifier<Subject>() -> Identifier<Subject>? {
        guard count == 36 else { return nil }
        var high: UInt64 = 0
        var low: UInt64 = 0
        var position = 0
        for byte in self {
            if position == 8 || position == 13 || position == 18 || position == 23 {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard let digit = Self.digit(byte) else { return nil }
                high = high << 4 | low >> 60
                low = low << 4 | digit
            }
            position += 1
        }
        return Identifier(high: high, low: low)
    }

    var address: IPAddress? {
        var bits: UInt32 = 0
        var part: UInt32 = 0
        var digits = 0
        var dots = 0
        for byte in self {
            if byte == UInt8(ascii: "."), digits > 0, dots < 3 {
                bits = bits << 8 | part
                (part, digits, dots) = (0, 0, dots + 1)
            } else if (0x30...0x39).contains(byte), digits == 0 || part > 0 {
                part = part * 10 + UInt32(byte - 0x30)
                digits += 1
                guard part <= 255 else { return IPAddress(text) }
            } else {
                return IPAddress(text)
            }
        }
        return digits > 0 && dots == 3 ? IPAddress(ipv4: bits << 8 | part) : nil
    }

    var macAddress: MACAddress? {
        var bits: UInt64 = 0
        var position = 0
        for byte in self {
            if position % 3 == 2 {
                guard byte == UInt8(ascii: ":") else { return MACAddress(text) }
            } else {
                guard let digit = Self.digit(byte) else { return nil }
                bits = bits << 4 | digit
            }
            position += 1
        }
        return position == 17 ? MACAddress(bits: bits) : nil
    }

    private static func digit(_ byte: UInt8) -> UInt64? {
        switch byte {
        case 0x30...0x39: UInt64(byte - 0x30)
        case 0x41...0x46: UInt64(byte - 0x41 + 10)
        case 0x61...0x66: UInt64(byte - 0x61 + 10)
        default: nil
        }
    }
}
