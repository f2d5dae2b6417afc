import Spools

/// Sessions that went on under another rule while they lived: which revision gave them the rule that their mark names.
///
/// A record's revision is the one in force when its session began; of a session that was moved it is the one that moved it. A
/// move is noted before the kernel's mark is written, and holds for records of that mark alone: what ends between the two
/// still bears the mark of before, and so the former revision.
package struct MovedSessions: Equatable, Sendable {
    /// One change of a session's mark.
    package struct Move: Equatable, Sendable {
        package let mark: UInt32
        package let revision: Int
        /// When that was, in nanoseconds since 1970.
        package let since: Int64

        package init(mark: UInt32, revision: Int, since: Int64) {
            self.mark = mark
            self.revision = revision
            self.since = since
        }
    }

    /// The last move of each session, and the one before: the last may not have reached the kernel.
    private var moves: [UInt64: (last: Move, former: Move?)] = [:]

    package init() {}

    package static func == (lhs: MovedSessions, rhs: MovedSessions) -> Bool {
        lhs.moves.count == rhs.moves.count
            && lhs.moves.allSatisfy { key, value in rhs.moves[key].map { $0 == value } ?? false }
    }

    package var isEmpty: Bool { moves.isEmpty }

    package mutating func note(_ connection: UInt64, _ move: Move) {
        moves[connection] = (move, moves[connection]?.last)
    }

    /// The move that gave a session its present mark; nil where it has that since it began.
    package func move(_ connection: UInt64, mark: UInt32) -> Move? {
        guard !moves.isEmpty, let found = moves[connection] else { return nil }
        return [found.last, found.former].compactMap(\.self).first { $0.mark == mark }
    }

    package mutating func forget(_ connection: UInt64) {
        if !moves.isEmpty { moves[connection] = nil }
    }

    /// Forgets those that have ended while nobody listened.
    mutating func keep(_ live: Set<UInt64>) { moves = moves.filter { live.contains($0.key) } }

    // MARK: On disk

    private static let magic: UInt64 = 0x6768_6d6f_7665_0001

    /// The file of all moves, in little-endian words: of each session's moves the older first.
    package var encoded: [UInt8] {
        let list = moves.flatMap { key, value in [value.former, value.last].compactMap { $0.map { (key, $0) } } }
        var bytes: [UInt8] = []
        for word in [Self.magic, UInt64(list.count)] { RecordCodec.append(word, &bytes) }
        for (connection, move) in list {
            RecordCodec.append(connection, &bytes)
            RecordCodec.append(UInt64(move.mark) << 32 | UInt64(UInt32(truncatingIfNeeded: move.revision)), &bytes)
            RecordCodec.append(UInt64(bitPattern: move.since), &bytes)
        }
        RecordCodec.append(UInt64(Checksum.of(bytes[...])), &bytes)
        return bytes
    }

    /// Reads the file; nil when it is cut off or does not fit its checksum.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 24, (bytes.count - 24) % 24 == 0, RecordCodec.load(bytes, 0) == Self.magic,
            RecordCodec.load(bytes, bytes.count - 8) == UInt64(Checksum.of(bytes.dropLast(8))),
            RecordCodec.load(bytes, 8) == UInt64((bytes.count - 24) / 24)
        else { return nil }
        for offset in stride(from: 16, to: bytes.count - 8, by: 24) {
            let word = RecordCodec.load(bytes, offset + 8) as UInt64
            note(
                RecordCodec.load(bytes, offset),
                Move(
                    mark: UInt32(truncatingIfNeeded: word >> 32), revision: Int(word & 0xffff_ffff),
                    since: Int64(bitPattern: RecordCodec.load(bytes, offset + 16))))
        }
    }
}
