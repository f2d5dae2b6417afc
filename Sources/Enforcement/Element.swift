package import Attribution
package import Model

extension Ruleset {
    /// A key: nft's text for it, and the kernel's bytes.
    package struct Element: Hashable, Sendable, Comparable {
        package let text: String
        package let key: [UInt8]
        /// The last key of an interval; nil of a single key.
        package let end: [UInt8]?

        package init(text: String, key: [UInt8], end: [UInt8]? = nil) {
            self.text = text
            self.key = key
            self.end = end
        }

        /// Two elements are the same when their keys are, however they are written.
        package static func == (lhs: Element, rhs: Element) -> Bool {
            lhs.key == rhs.key && lhs.end == rhs.end
        }
        package func hash(into hasher: inout Hasher) { hasher.combine(key) }

        /// All addresses of a block.
        package static func block(_ prefix: IPPrefix) -> Element {
            Element(text: prefix.description, key: prefix.base.bytes, end: prefix.last.bytes)
        }

        /// All addresses from the first to the last.
        package static func range(_ first: IPAddress, _ last: IPAddress) -> Element {
            Element(
                text: first == last ? first.description : "\(first)-\(last)", key: first.bytes, end: last.bytes)
        }

        package static func transport(_ transport: TransportProtocol) -> Element {
            Element(text: String(transport.rawValue), key: [transport.rawValue, 0, 0, 0])
        }

        /// A port of a key of several.
        package static func port(_ port: UInt16) -> Element {
            Element(
                text: String(port), key: [UInt8(port >> 8), UInt8(truncatingIfNeeded: port), 0, 0])
        }

        package static func < (lhs: Element, rhs: Element) -> Bool { lhs.text < rhs.text }

        /// A device name, padded to IFNAMSIZ.
        package static func device(_ name: String) -> Element {
            let bytes = Array(name.utf8.prefix(15))
            return Element(text: "\"\(name)\"", key: bytes + [UInt8](repeating: 0, count: 16 - bytes.count))
        }

        package static func address(_ address: IPAddress) -> Element {
            Element(text: address.description, key: address.bytes)
        }

        /// The same as sixteen bytes of a packet, of which nft knows no more than the number.
        package static func word16(_ address: IPAddress) -> Element { word16(address.bytes) }

        private static func word16(_ bytes: [UInt8]) -> Element {
            let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let text = digits.drop { $0 == "0" }
            return Element(text: "0x\(text.isEmpty ? "0" : text)", key: bytes)
        }

        /// A packet mark, which the kernel keeps in the host's byte order.
        package static func mark(_ mark: UInt32) -> Element {
            number(mark, text: "0x" + String(mark, radix: 16))
        }

        /// A priority, written as the two halves of a class's number.
        package static func priority(_ priority: UInt32) -> Element {
            number(priority, text: String(priority >> 16, radix: 16) + ":" + String(priority & 0xffff, radix: 16))
        }

        private static func number(_ number: UInt32, text: String) -> Element {
            // SAFETY: the bytes are copied while they are there.
            Element(text: text, key: withUnsafeBytes(of: number) { Array($0) })
        }

        package static func mac(_ mac: MACAddress) -> Element {
            let bytes = (0..<6).map { (index: UInt64) in UInt8(truncatingIfNeeded: mac.bits >> (40 - 8 * index)) }
            return Element(text: mac.description, key: bytes + [0, 0])
        }

        package static func joined(_ parts: Element...) -> Element { joined(parts) }

        package static func joined(_ parts: [Element]) -> Element {
            Element(
                text: parts.map(\.text).joined(separator: " . "), key: parts.flatMap(\.key),
                end: parts.contains { $0.end != nil } ? parts.flatMap { $0.end ?? $0.key } : nil)
        }

        /// An element as the kernel keeps it: components of these kinds, each padded to four bytes.
        /// * `end`: the last key of an interval.
        package init(kernelKey key: [UInt8], end: [UInt8]? = nil, _ parts: [KeyPart]) {
            var rest = key[...]
            var last = (end ?? key)[...]
            var texts: [String] = []
            for part in parts {
                let (first, final) = (rest.prefix(part.length), last.prefix(part.length))
                let text = Self.text(first, part)
                texts.append(first == final ? text : "\(text)-\(Self.text(final, part))")
                rest = rest.dropFirst(part.paddedLength)
                last = last.dropFirst(part.paddedLength)
            }
            self.init(text: texts.joined(separator: " . "), key: key, end: end)
        }

        private static func text(_ bytes: ArraySlice<UInt8>, _ part: KeyPart) -> String {
            func big(_ bytes: some Sequence<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }
            func own() -> UInt32 { UInt32(truncatingIfNeeded: big(bytes.reversed())) }
            switch part {
            case .device: return "\"" + String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) + "\""
            case .mac: return MACAddress(bits: big(bytes)).description
            case .address(.ipv4): return IPAddress(ipv4: UInt32(truncatingIfNeeded: big(bytes))).description
            case .address(.ipv6):
                return IPAddress(ipv6High: big(bytes.prefix(8)), low: big(bytes.dropFirst(8))).description
            case .word16: return word16(Array(bytes)).text
            case .transport, .port: return String(big(bytes))
            case .mark: return mark(own()).text
            case .priority: return priority(own()).text
            case .connection: return String(own())
            }
        }
    }
}
