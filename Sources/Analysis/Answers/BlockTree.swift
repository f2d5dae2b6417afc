import Model

/// Blocks of addresses within each other, each with what holds of its addresses that are in no inner one.
///
/// From it comes a cover: blocks with packet spaces, disjoint where they overlap, in few lines. What holds of a whole block is said
/// of the block, what its inner ones have besides of these.
struct BlockTree: Sendable {
    private struct Node {
        let block: IPPrefix
        var children: [Int] = []
        /// What holds of its own addresses; nil where none is left for it.
        var value: Int32?
        /// What holds of all of it; nil where it has no address at all.
        var core: Int32?
    }

    /// One line of a cover.
    struct Piece: Hashable, Sendable {
        let block: IPPrefix
        let space: Int32
    }

    private var nodes: [Node] = []

    /// * `blocks`: with the outermost, which holds all others.
    init(_ blocks: Set<IPPrefix>) {
        let ordered = blocks.sorted {
            ($0.base, $0.length) < ($1.base, $1.length)
        }
        var path: [Int] = []
        for block in ordered {
            while let last = path.last, !nodes[last].block.contains(block) { path.removeLast() }
            nodes.append(Node(block: block))
            if let parent = path.last { nodes[parent].children.append(nodes.count - 1) }
            path.append(nodes.count - 1)
        }
    }

    /// The blocks, each with those directly within it.
    var regions: [(block: IPPrefix, inner: [IPPrefix])] {
        nodes.map { node in (node.block, node.children.map { nodes[$0].block }) }
    }

    /// The cover of these values, one for each region in the order of `regions`; nil for a region without an address.
    mutating func cover(_ values: [Int32?], _ pool: inout SpacePool, empty: Int32) -> [Piece] {
        guard values.contains(where: { $0 != nil && $0 != empty }) else { return [] }
        for index in nodes.indices.reversed() {
            nodes[index].value = values[index]
            var core = values[index]
            for child in nodes[index].children {
                guard let inner = nodes[child].core else { continue }
                core = core.map { pool.combine($0, inner, .intersection) } ?? inner
            }
            nodes[index].core = core
        }
        var pieces: [Piece] = []
        tell(0, told: empty, &pieces, &pool, empty)
        return pieces
    }

    /// Tells of one block what is not told yet of a wider one.
    private func tell(
        _ index: Int, told: Int32, _ pieces: inout [Piece], _ pool: inout SpacePool, _ empty: Int32
    ) {
        let node = nodes[index]
        guard let core = node.core else { return }
        let whole = pool.combine(core, told, .difference)
        if whole != empty { pieces.append(Piece(block: node.block, space: whole)) }
        let known = pool.combine(told, core, .union)
        let rest = node.value.map { pool.combine($0, known, .difference) } ?? empty
        var tellsRest: [Bool] = []
        for child in node.children {
            let has = nodes[child].core.map { pool.combine(rest, $0, .difference) == empty } ?? true
            tellsRest.append(has)
        }
        if rest != empty {
            let holes = zip(node.children, tellsRest).filter { !$0.1 }.map { nodes[$0.0].block }
            pieces += node.block.without(holes).map { Piece(block: $0, space: rest) }
        }
        for (child, has) in zip(node.children, tellsRest) {
            tell(child, told: has ? pool.combine(known, rest, .union) : known, &pieces, &pool, empty)
        }
    }
}
