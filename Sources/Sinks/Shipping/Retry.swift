/// When a receiver that failed is tried again: 100 ms, doubling to 50 s, with jitter, and not before it asked for.
struct Retry {
    private(set) var failures = 0

    mutating func succeed() { failures = 0 }

    /// Nanoseconds to wait.
    mutating func fail(after: Duration?) -> Int64 {
        let pause = min(Int64(100_000_000) << min(failures, 20), 50_000_000_000)
        failures += 1
        let asked = after.map { $0.components.seconds * 1_000_000_000 + $0.components.attoseconds / 1_000_000_000 } ?? 0
        return max(Int64(Double(pause) * Double.random(in: 0.5...1)), min(asked, 3_600_000_000_000))
    }
}
