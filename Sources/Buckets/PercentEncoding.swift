/// Percent-encoding as AWS signs it: everything but RFC 3986's unreserved characters, with capital digits.
///
/// A key is encoded exactly once: one that holds `%3A` as characters travels as `%253A`.
package enum PercentEncoding {
    package static func encode(_ text: some StringProtocol, keeping kept: Set<UInt8> = []) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                bytes.append(byte)
            default:
                if kept.contains(byte) {
                    bytes.append(byte)
                } else {
                    bytes += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A key as a path: its slashes stay.
    static func path(_ key: String) -> String { encode(key, keeping: [UInt8(ascii: "/")]) }

    static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16)
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 48 + value : 55 + value }
}
