/// Changes bytes at random, in the ways that find what a decoder believes: numbers, lengths, cuts, repeats.
package struct Mutation<Generator: RandomNumberGenerator> {
    private var random: Generator
    private let seeds: [[UInt8]]

    package init(of seeds: [[UInt8]], _ random: Generator) {
        self.seeds = seeds
        self.random = random
    }

    package mutating func next() -> [UInt8] {
        var bytes = seeds.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...4, using: &random) { change(&bytes) }
        return bytes
    }

    private mutating func change(_ bytes: inout [UInt8]) {
        guard !bytes.isEmpty else { return bytes.append(0) }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<7, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: bytes.removeLast(bytes.count - place)
        case 3:
            let end = min(place + Int.random(in: 1...16, using: &random), bytes.count)
            bytes.removeSubrange(place..<end)
        case 4:
            let end = min(place + Int.random(in: 1...64, using: &random), bytes.count)
            bytes.insert(contentsOf: bytes[place..<end], at: place)
        case 5:
            // Numbers at their ends, two to eight bytes long.
            let value: UInt8 = [0, 1, 0x7f, 0x80, 0xff].randomElement(using: &random) ?? 0
            let end = min(place + (1 << Int.random(in: 1...3, using: &random)), bytes.count)
            for index in place..<end { bytes[index] = value }
        default:
            let other = seeds.randomElement(using: &random) ?? []
            guard !other.isEmpty else { return }
            bytes += other[Int.random(in: 0..<other.count, using: &random)...]
        }
    }
}
