import Attribution
import Model
import Testing

/// The bits of marks and of sets' keys: what is written in one place is read in another.
@Suite struct MarkTests {
    private static let indexes: [UInt16] = [0, 1, 2, 0x00ff, 0xff00, 0x7fff, 0xfffe, 0xffff]

    @Test func `a connection's mark holds a rule for each end`() {
        for egress in Self.indexes {
            for ingress in Self.indexes {
                let mark = MarkLayout.half(egress, .egress) | MarkLayout.half(ingress, .ingress)
                #expect(MarkLayout.egressIndex(mark) == egress && MarkLayout.ingressIndex(mark) == ingress)
                #expect(MarkLayout.index(mark, .egress) == egress && MarkLayout.index(mark, .ingress) == ingress)
            }
        }
        #expect(MarkLayout.bits(.egress) ^ MarkLayout.bits(.ingress) == .max)
        for direction in Direction.allCases {
            #expect(MarkLayout.half(.max, direction) == MarkLayout.bits(direction))
        }
    }

    @Test func `a refused packet's mark says rule, direction and stage, and no other mark looks like it`() {
        var seen: Set<UInt32> = [EdgeMark.answer]
        for index in Self.indexes {
            for direction in Direction.allCases {
                for stage in Stage.allCases {
                    let mark = EdgeMark.value(index, direction, stage)
                    #expect(mark & EdgeMark.mask == EdgeMark.pattern)
                    #expect(EdgeMark.index(mark) == index && EdgeMark.direction(mark) == direction)
                    #expect(EdgeMark.stage(mark) == stage)
                    #expect(seen.insert(mark).inserted)
                }
            }
        }
        #expect(EdgeMark.impostor != EdgeMark.headers && EdgeMark.answer & EdgeMark.mask == EdgeMark.pattern)
    }
}

/// The list of counting sets, from which rules are drawn and records read.
@Suite struct CountingSetTests {
    @Test func `names are told apart, in both halves, and fit the kernel`() {
        var names: Set<String> = []
        for set in CountingSet.all {
            for half in CountingSet.Half.allCases {
                #expect(names.insert(set.name(half)).inserted, "\(set.name(half))")
                // NFT_SET_MAXNAMELEN, with the zero at its end; `seen_` stands before a name as well.
                #expect("seen_\(set.name(half))".utf8.count < 256)
            }
        }
    }

    @Test(arguments: CountingSet.all + CountingSet.onBridges)
    func `a key can be listed, and names a family where it has addresses`(
        set: CountingSet
    ) {
        #expect((1...5).contains(set.columns.count))
        let hasAddress = set.columns.contains { column in
            if case .address = column.part { true } else { false }
        }
        #expect(hasAddress == (set.family != nil))
        #expect(Set(set.columns).count == set.columns.count)
        let namesTransport = set.columns.contains(.transport) || set.transport != nil
        // Without it ports would be of any protocol.
        if set.columns.contains(.targetPort) || set.columns.contains(.typeAndCode) { #expect(namesTransport) }
    }

    @Test func `each generation has the half that the one before has not`() {
        for generation in 0..<10 as Range<UInt32> {
            #expect(CountingSet.Half(generation: generation) != .init(generation: generation + 1))
            #expect(CountingSet.Half(generation: generation) == .init(generation: generation + 2))
        }
    }

    /// An interface must have an element for whatever overflows from the start: none can be made in a flood.
    @Test func `every direction has a set of each kind that ports are in from the start`() {
        for direction in Direction.allCases {
            for kind in CountingSet.Overflow.allCases {
                #expect(CountingSet.perPort.contains(.overflow(kind, direction)))
            }
        }
        #expect(CountingSet.perPort.allSatisfy { $0.family == nil && !$0.isTold })
    }
}
