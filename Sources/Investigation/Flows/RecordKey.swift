import Archive

/// A record's id in sixteen bytes, so that evidence needs no text.
///
/// Imported records have 96 bits; those of hosts the host's number among `Names` and their own; any other text is a name itself.
package struct RecordKey: Hashable, Sendable, BitwiseCopyable {
    fileprivate let bits: UInt128
    fileprivate static let host = UInt128(1) << 126
    fileprivate static let text = UInt128(1) << 127
}

/// Texts by numbers; 0 stands for none. The numbers are of one run and go into no output.
package struct Names {
    private var texts: [String] = [""]
    private var numbers: [String: UInt32] = [:]
    private var lastHost: (text: [UInt8], number: UInt32) = ([], 0)

    package init() {}

    package mutating func number(_ text: String) -> UInt32 {
        if let number = numbers[text] { return number }
        let number = UInt32(texts.count)
        texts.append(text)
        numbers[text] = number
        return number
    }

    package func text(_ number: UInt32) -> String { texts[Int(number)] }

    /// The key of an id.
    package mutating func key(_ id: ArraySlice<UInt8>) -> RecordKey {
        if let imported = RecordIdentity.parse(id) { return RecordKey(bits: imported) }
        if let colon = id.lastIndex(of: UInt8(ascii: ":")), let number = Self.decimal(id[(colon + 1)...]) {
            let host = id[..<colon]
            if !host.elementsEqual(lastHost.text) || lastHost.number == 0 {
                lastHost = (Array(host), self.number(String(decoding: host, as: UTF8.self)))
            }
            return RecordKey(bits: RecordKey.host | UInt128(lastHost.number) << 64 | UInt128(number))
        }
        return RecordKey(bits: RecordKey.text | UInt128(number(String(decoding: id, as: UTF8.self))))
    }

    private static func decimal(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard let first = digits.first, digits.count < 20, first != 0x30 || digits.count == 1 else { return nil }
        var value: UInt64 = 0
        for digit in digits {
            guard digit >= 0x30, digit <= 0x39 else { return nil }
            value = value &* 10 &+ UInt64(digit - 0x30)
        }
        return value
    }

    /// The id of a key.
    package func id(_ key: RecordKey) -> String {
        if key.bits & RecordKey.text != 0 { return text(UInt32(truncatingIfNeeded: key.bits)) }
        if key.bits & RecordKey.host != 0 {
            return "\(text(UInt32(truncatingIfNeeded: key.bits >> 64)))" + ":\(UInt64(truncatingIfNeeded: key.bits))"
        }
        let digits = String(key.bits, radix: 16)
        return String(repeating: "0", count: 24 - digits.count) + digits
    }

    /// The order of ids, the same in every run.
    package func isBefore(_ one: RecordKey, _ other: RecordKey) -> Bool {
        let tag = RecordKey.text | RecordKey.host
        if one.bits & tag == 0, other.bits & tag == 0 { return one.bits < other.bits }
        if one.bits >> 64 == other.bits >> 64, one.bits & RecordKey.host != 0 { return one.bits < other.bits }
        return id(one) < id(other)
    }
}
