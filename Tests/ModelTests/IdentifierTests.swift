import Model
import TestSupport
import Testing

@Suite struct IdentifierTests {
    private static let seed: UInt64 = 0x1de4

    @Test func `any identifier survives its text in either case`() {
        var random = SplitMix64(seed: Self.seed)
        for round in 0..<2000 {
            let id = Self.random(&random)
            #expect(id.description == Self.text(id), "seed \(Self.seed), round \(round)")
            #expect(Identifier<Rule>(id.description) == id, "seed \(Self.seed), round \(round)")
            #expect(Identifier<Rule>(id.description.uppercased()) == id, "seed \(Self.seed), round \(round)")
            #expect(Identifier<Rule>("[\(id)]".dropFirst().dropLast()) == id, "seed \(Self.seed), round \(round)")
        }
    }

    @Test func `a byte that is out of place is refused`() {
        var random = SplitMix64(seed: Self.seed)
        let bytes = Array(0..<128).map { UInt8($0) }
        for round in 0..<2000 {
            var text = Array(Self.random(&random).description.utf8)
            let place = Int.random(in: 0..<36, using: &random)
            text[place] = random.pick(bytes)
            let fits =
                [8, 13, 18, 23].contains(place)
                ? text[place] == UInt8(ascii: "-") : Array("0123456789abcdefABCDEF".utf8).contains(text[place])
            let mutant = String(decoding: text, as: UTF8.self)
            #expect((Identifier<Rule>(mutant) != nil) == fits, "seed \(Self.seed), round \(round): \(mutant)")
        }
    }

    @Test(arguments: [
        "", "0e86db6f", "0e86db6f-4f1b-891e-bb82-0f4016d7a46", "0e86db6f-4f1b-891e-bb82-0f4016d7a4680",
        " 0e86db6f-4f1b-891e-bb82-0f4016d7a46", "{0e86db6f-4f1b-891e-bb82-0f4016d7a4}",
        "0e86db6f4f1b891ebb820f4016d7a468", "0e86db6f-4f1b-891e-bb820-f4016d7a468",
        "０e86db6f-4f1b-891e-bb82-0f4016d7a4", "0e86db6f-4f1b-891e-bb82-0f4016d7aé8",
        "0e86db6f-4f1b-891e-bb82-0f4016d7a46é",
    ])
    func `a text that is no UUID is refused`(text: String) {
        #expect(Identifier<Rule>(text) == nil)
        #expect(Identifier<Rule>(text[...]) == nil)
    }

    @Test func `a derived identifier is what it ever was`() {
        #expect(
            Identifier<Rule>(derivedFrom: "rule", "shop", "web").description == "83ca6176-06eb-8075-a58f-eb937177334d")
    }

    @Test func `a derived identifier is the FNV-1a hash of the parts`() {
        var random = SplitMix64(seed: Self.seed)
        let letters = ["", "a", "é", "e\u{301}", "\u{0}", "😀", "shop"]
        for round in 0..<500 {
            let path = (0..<2).map { _ in (0..<9).map { _ in random.pick(letters) }.joined() }
            let id = Identifier<Rule>(derivedFrom: path[0], path[1])
            #expect(id == Self.derived(path), "seed \(Self.seed), round \(round): \(path)")
            #expect(
                id == Identifier(derivedFrom: path[0], utf8: Array(path[1].utf8).span),
                "seed \(Self.seed), round \(round): \(path)")
        }
    }

    private static func random(_ random: inout SplitMix64) -> Identifier<Rule> {
        let shift = UInt64.random(in: 0..<64, using: &random)
        return Identifier(high: random.next() >> shift, low: random.next() >> (63 - shift))
    }

    private static func text(_ id: Identifier<Rule>) -> String {
        let digits = Array(hexadecimal(id.high) + hexadecimal(id.low))
        return [digits[..<8], digits[8..<12], digits[12..<16], digits[16..<20], digits[20...]].map { String($0) }
            .joined(separator: "-")
    }

    private static func derived(_ path: [String]) -> Identifier<Rule> {
        var hash: UInt128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d
        let prime: UInt128 = 1 << 88 + 0x13b
        for part in path {
            for byte in [UInt8](part.utf8) + [0] { hash = (hash ^ UInt128(byte)) &* prime }
        }
        return Identifier(
            high: UInt64(hash >> 64) & 0xffff_ffff_ffff_0fff | 0x8000,
            low: UInt64(truncatingIfNeeded: hash) & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }
}
