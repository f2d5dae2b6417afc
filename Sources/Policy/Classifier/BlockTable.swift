import Model

/// Who has an address that lies in a block: the longest block decides.
///
/// One table of addresses for each length that there is, so that a look-up costs as many as there are lengths, and nothing
/// where there are no blocks.
struct BlockTable: Sendable {
    private struct Level {
        let length: Int
        let family: UInt8
        let table: WordTable
    }

    private let levels: [Level]

    init(_ blocks: [(prefix: IPPrefix, value: Int32)]) {
        let byLength = Dictionary(grouping: blocks) {
            $0.prefix.family.code == 4 ? $0.prefix.length : 256 + $0.prefix.length
        }
        levels = byLength.sorted { $0.key > $1.key }.map { key, members in
            Level(
                length: key & 255, family: key < 256 ? 4 : 6,
                table: WordTable(
                    members.map { ($0.prefix.base.high, $0.prefix.base.low, $0.prefix.family.code, $0.value) }))
        }
    }

    var isEmpty: Bool { levels.isEmpty }

    /// The number of the interface, or -1.
    func owner(_ address: IPAddress) -> Int32 {
        let family = address.family.code
        for level in levels where level.family == family {
            let base = address.masked(to: level.length)
            let found = level.table.find(base.high, base.low, tag: family)
            if found >= 0 { return found }
        }
        return -1
    }
}
