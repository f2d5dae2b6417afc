import Model

/// The prefixes that rules name, by number, and those of them that hold an address.
struct PrefixNumbers: Sendable {
    private var numbering = Numbering<IPPrefix>()
    private var lengths: [AddressFamily: Set<Int>] = [:]

    subscript(_ number: Int32) -> IPPrefix { numbering[number] }

    var all: [IPPrefix] { numbering.values }

    mutating func add(_ prefix: IPPrefix) -> Int32 {
        lengths[prefix.family, default: []].insert(prefix.length)
        return numbering.number(prefix)
    }

    /// The numbers of the prefixes that hold a block, ascending.
    func around(_ block: IPPrefix) -> [Int32] {
        var found: [Int32] = []
        for length in lengths[block.family] ?? [] where length <= block.length {
            if let number = numbering.known(IPPrefix(containing: block.base, length: length)) { found.append(number) }
        }
        return found.sorted()
    }
}
