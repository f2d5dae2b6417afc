package import Model

/// The wanted content of Gatehouse's table, as values that can be compared: nothing here touches the kernel.
package struct Ruleset: Equatable, Sendable {
    /// A named set or map.
    package struct Collection: Equatable, Sendable {
        /// `type …; flags …` as nft writes it, without elements.
        package let declaration: String
        package let isMap: Bool
        /// Whether the packet path writes its elements; then only the declaration is ours.
        package let isDynamic: Bool
        /// Whether its elements decide verdicts, so that a change of them must not mix with others.
        package let decides: Bool
        /// Whether a further element admits less, because it stands in packets' way.
        package let restricts: Bool
        /// Whether elements stay until `tidy`: a packet may have been led to one just before.
        package let lingers: Bool
        package var elements: [Element: Target]

        package init(
            _ declaration: String, isMap: Bool = false, isDynamic: Bool = false, decides: Bool = false,
            restricts: Bool = false, lingers: Bool = false, elements: [Element: Target] = [:]
        ) {
            self.declaration = declaration
            self.isMap = isMap
            self.isDynamic = isDynamic
            self.decides = decides
            self.restricts = restricts
            self.lingers = lingers
            self.elements = elements
        }
    }

    /// Where an element of a map leads; `.nothing` in a set.
    package enum Target: Hashable, Sendable {
        case nothing
        case chain(String)
        /// A number: its text and the kernel's bytes.
        case number(Element)
    }

    /// A key: nft's text for it, and the kernel's bytes.
    package struct Element: Hashable, Sendable, Comparable {
        package let text: String
        package let key: [UInt8]

        package init(text: String, key: [UInt8]) {
            self.text = text
            self.key = key
        }

        /// Two elements are the same when their keys are, however they are written.
        package static func == (lhs: Element, rhs: Element) -> Bool { lhs.key == rhs.key }
        package func hash(into hasher: inout Hasher) { hasher.combine(key) }

        package static func < (lhs: Element, rhs: Element) -> Bool { lhs.text < rhs.text }

        /// A device name, padded to IFNAMSIZ.
        package static func device(_ name: String) -> Element {
            let bytes = Array(name.utf8.prefix(15))
            return Element(text: "\"\(name)\"", key: bytes + [UInt8](repeating: 0, count: 16 - bytes.count))
        }

        package static func address(_ address: IPAddress) -> Element {
            Element(text: address.description, key: address.bytes)
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
            Element(text: text, key: withUnsafeBytes(of: number) { Array($0) })
        }

        package static func mac(_ mac: MACAddress) -> Element {
            let bytes = (0..<6).map { (index: UInt64) in UInt8(truncatingIfNeeded: mac.bits >> (40 - 8 * index)) }
            return Element(text: mac.description, key: bytes + [0, 0])
        }

        package static func joined(_ parts: Element...) -> Element {
            Element(text: parts.map(\.text).joined(separator: " . "), key: parts.flatMap(\.key))
        }
    }

    /// A chain: its hook line when it is a base chain, and its rules in order.
    package struct Chain: Equatable, Sendable {
        package var hook: String?
        package var rules: [String]

        package init(hook: String? = nil, _ rules: [String]) {
            self.hook = hook
            self.rules = rules
        }
    }

    package var collections: [String: Collection] = [:]
    package var chains: [String: Chain] = [:]

    package init() {}

    /// The names alone, and the elements that linger, for deleting what is no longer wanted.
    var names: Ruleset {
        var names = Ruleset()
        for (name, collection) in collections {
            names.collections[name] = Collection(
                "", isMap: collection.isMap, isDynamic: collection.isDynamic, lingers: collection.lingers,
                elements: collection.lingers ? collection.elements : [:])
        }
        for name in chains.keys { names.chains[name] = Chain([]) }
        return names
    }
}

extension Ruleset.Element {
    /// An element as the kernel keeps it, of one of the sets whose keys begin with a device.
    ///
    /// * `kernelKey`: the components, each padded to four bytes: device, then MAC where the set has one, then address.
    /// * `ofSet`: the set's name, which says what its keys hold.
    init(kernelKey key: [UInt8], ofSet name: String) {
        var parts = ["\"" + String(decoding: key.prefix(16).prefix { $0 != 0 }, as: UTF8.self) + "\""]
        var rest = key.dropFirst(16)
        if name.hasPrefix("mac_") {
            parts.append(MACAddress(bits: rest.prefix(6).reduce(0) { $0 << 8 | UInt64($1) }).description)
            rest = rest.dropFirst(8)
        }
        if rest.count == 4 {
            parts.append(IPAddress(ipv4: rest.reduce(0) { $0 << 8 | UInt32($1) }).description)
        } else if rest.count == 16 {
            let halves = (rest.prefix(8), rest.dropFirst(8))
            parts.append(
                IPAddress(
                    ipv6High: halves.0.reduce(0) { $0 << 8 | UInt64($1) },
                    low: halves.1.reduce(0) { $0 << 8 | UInt64($1) }
                ).description)
        }
        self.init(text: parts.joined(separator: " . "), key: key)
    }
}
