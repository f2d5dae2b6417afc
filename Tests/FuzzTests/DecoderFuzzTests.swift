import FuzzEntries
import Host
import TestSupport
import Testing

/// A few seconds of what `make fuzz` does for as long as one likes; the seed is fixed, so a failure comes again.
@Suite(.serialized) struct DecoderFuzzTests {
    @Test(arguments: FuzzEntry.allCases) func `seeds are read without complaint`(_ entry: FuzzEntry) throws {
        let seeds = try entry.seeds()
        #expect(!seeds.isEmpty)
        for seed in seeds { try entry.feed(seed) }
    }

    @Test(arguments: FuzzEntry.allCases) func `no cut of a seed traps a decoder`(_ entry: FuzzEntry) throws {
        for seed in try entry.seeds() {
            // A spool is files: each sixteenth cut, and all near its end.
            let step = entry == .spool ? 16 : 1
            for length in stride(from: 0, to: seed.count, by: step) { try entry.feed(Array(seed.prefix(length))) }
        }
    }

    @Test(arguments: FuzzEntry.allCases) func `no random change traps a decoder`(_ entry: FuzzEntry) throws {
        var mutation = Mutation(of: try entry.seeds(), SplitMix64(seed: 20_26))
        let deadline = SystemClock.monotonic + 1_500_000_000
        var count = 0
        while SystemClock.monotonic < deadline || count < 200 {
            let bytes = mutation.next()
            do {
                try entry.feed(bytes)
            } catch {
                Issue.record("\(entry), input \(count): \(error); \(bytes)")
                return
            }
            count += 1
        }
    }
}
