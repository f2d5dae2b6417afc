import Attribution
import Model
import Testing

/// What a rule says in eight characters, and what is read of it.
@Suite struct LogPrefixTests {
    private static func bytes(_ text: String) -> UInt64 { text.utf8.reduce(0) { $0 << 8 | UInt64($1) } }

    private static let reasons: [LogPrefix.Reason] =
        [0, 1, 0x0a0b, 0xffff].flatMap { (index: UInt16) in
            [.accepted(index: index)]
                + [Stage.acl, .group].flatMap { stage in
                    Direction.allCases.map { .refusedAtEdge(index: index, $0, stage) }
                }
        } + [.refused] + GuardRule.allCases.map { .guarded($0) }

    @Test(arguments: Direction.allCases) func `every reason comes back, and no two are written alike`(way: Direction) {
        var texts: Set<String> = []
        for reason in Self.reasons {
            let prefix = LogPrefix(reason: reason, direction: way)
            #expect(prefix.text.utf8.count == 8, "\(prefix.text)")
            #expect(texts.insert(prefix.text).inserted, "\(prefix.text)")
            #expect(LogPrefix(bytes: Self.bytes(prefix.text)) == prefix)
        }
    }

    @Test(
        arguments: [
            "", "gh", "ghae", "xhae0001", "gxae0001", "ghaz0001", "gh?e0000", "ghaeG001", "ghae00A1", "ghle000 ",
            "GHAE0001",
        ]) func `what is not ours is no prefix`(text: String)
    {
        #expect(LogPrefix(bytes: Self.bytes(text.padding(to: 8))) == nil)
    }

    /// Rules of other tables log into the group as well.
    @Test func `no bytes trap, and what is read is what would be written`() {
        var state: UInt64 = 1
        for round in 0..<200_000 as Range<UInt64> {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let bytes = round % 2 == 0 ? state : state & 0xffff_ffff_ffff | 0x6768 << 48
            guard let prefix = LogPrefix(bytes: bytes) else { continue }
            let isIndexed =
                switch prefix.reason {
                case .accepted, .refusedAtEdge, .observed: true
                case .refused, .blocked, .guarded: false
                }
            if isIndexed { #expect(Self.bytes(prefix.text) == bytes) }
        }
    }
}

extension String {
    fileprivate func padding(to length: Int) -> String { self + String(repeating: "\0", count: length - utf8.count) }
}
