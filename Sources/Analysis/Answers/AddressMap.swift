import Model

/// Who has which address in any of some policies, and what is left for the outside.
struct AddressMap: Sendable {
    private let singles: Set<IPAddress>
    /// Blocks of interfaces that lie in no other.
    let blocks: [IPPrefix]

    init(_ sides: [PolicyPlaces]) {
        singles = Set(sides.flatMap(\.singles.keys))
        let all = Set(sides.flatMap { $0.blocks.map(\.prefix) })
        blocks = all.filter { block in !all.contains { $0 != block && $0.contains(block) } }
            .sorted { $0.base < $1.base }
    }

    func isSingle(_ address: IPAddress) -> Bool { singles.contains(address) }

    func isOwned(_ address: IPAddress) -> Bool {
        singles.contains(address) || blocks.contains { $0.contains(address) }
    }

    /// An address of a block that is no interface's, and in none of some others; nil where there is none.
    func free(in block: IPPrefix, without others: [IPPrefix] = []) -> IPAddress? {
        let first = block.base
        let preferred = block.isSingleAddress ? first : first.next ?? first
        return search(from: preferred, block, others) ?? search(from: first, block, others)
    }

    /// An address of a block of an interface that is nobody's single one.
    func unclaimed(in block: IPPrefix) -> IPAddress? {
        var next: IPAddress? = block.base
        while let address = next, block.contains(address) {
            guard singles.contains(address) else { return address }
            next = address.next
        }
        return nil
    }

    private func search(from start: IPAddress, _ block: IPPrefix, _ others: [IPPrefix]) -> IPAddress? {
        var next: IPAddress? = start
        while let address = next, block.contains(address) {
            if let other = others.first(where: { $0.contains(address) })
                ?? blocks.first(where: { $0.contains(address) })
            {
                next = other.last.next
            } else if singles.contains(address) {
                next = address.next
            } else {
                return address
            }
        }
        return nil
    }
}

extension IPAddress {
    /// The address after it; nil after the last of its family.
    var next: IPAddress? {
        switch family {
        case .ipv4: low == UInt64(UInt32.max) ? nil : IPAddress(ipv4: UInt32(truncatingIfNeeded: low) + 1)
        case .ipv6:
            low < .max
                ? IPAddress(ipv6High: high, low: low + 1)
                : high < .max ? IPAddress(ipv6High: high + 1, low: 0) : nil
        }
    }
}

extension IPPrefix {
    /// Both halves; nil of a single address.
    var halves: (IPPrefix, IPPrefix)? {
        guard !isSingleAddress else { return nil }
        let lower = IPPrefix(containing: base, length: length + 1)
        return (lower, IPPrefix(containing: last, length: length + 1))
    }

    /// All addresses of a family.
    static func all(_ family: AddressFamily) -> IPPrefix {
        IPPrefix(
            containing: family == .ipv4 ? IPAddress(ipv4: 0) : IPAddress(ipv6High: 0, low: 0), length: 0)
    }

    /// The block without some within it, in the fewest blocks.
    func without(_ holes: [IPPrefix]) -> [IPPrefix] {
        if holes.contains(where: { $0.contains(self) }) { return [] }
        let inner = holes.filter(contains)
        guard !inner.isEmpty, let (lower, upper) = halves else { return [self] }
        return lower.without(inner) + upper.without(inner)
    }
}
