import Foundation

/// Whether instants are those of a beacon: a likelihood ratio of their intervals.
///
/// Under a beacon of period T and jitter w an interval is k·T, k−1 calls being lost, spread evenly over ±w·T·√k; some three of
/// a hundred are anything, and one of eight at most. Otherwise intervals are what explains them best of two: exponential with their own
/// mean, the most regular that chance is, or log-normal with a factor e and more of spread, as bursts are; never below two seconds:
/// what is closer was one call. Period and jitter are those that fit best, for which the threshold makes up.
enum BeaconTest {
    struct Fit {
        /// Seconds.
        let period: Double
        /// Part of the period.
        let jitter: Double
        /// Natural logarithm of the likelihood ratio.
        let evidence: Double
    }

    private static let jitters = [0.02, 0.08, 0.2, 0.42]
    private static let loss = 0.2
    private static let stray = 0.03
    private static let steps = 28
    /// Seconds within which calls are one.
    static let dead = 2.0

    /// The best fit of intervals in seconds; nil where most are far too short for one period.
    static func fit(_ intervals: [Double]) -> Fit? {
        let sorted = intervals.sorted()
        let count = sorted.count
        guard count >= 4, let longest = sorted.last, longest > 0 else { return nil }
        let median = sorted[count / 2]
        // Chance, and people, have many short intervals.
        guard sorted.count(where: { $0 < 0.3 * median }) * 5 <= count else { return nil }
        let nothing = nothing(intervals)
        let low = sorted[count / 8] * 0.9
        let high = max(sorted[count * 5 / 8], low) * 1.15
        let ratio = Foundation.pow(high / low, 1 / Double(steps - 1))
        var best: Fit?
        var period = low
        for _ in 0..<steps {
            for jitter in jitters {
                let evidence = self.evidence(intervals, period, jitter, nothing)
                if evidence > best?.evidence ?? -.infinity {
                    best = Fit(period: period, jitter: jitter, evidence: evidence)
                }
            }
            period *= ratio
        }
        return best.map { refined($0, intervals, nothing) }
    }

    /// Narrow jitters need a period that is more exact than the grid.
    private static func refined(_ fit: Fit, _ intervals: [Double], _ nothing: [Double]) -> Fit {
        var best = fit
        let near = intervals.filter { abs($0 / fit.period - 1) < 0.1 }
        guard near.count >= 3 else { return fit }
        let period = near.sorted()[near.count / 2]
        for jitter in [0.005] + jitters {
            let evidence = self.evidence(intervals, period, jitter, nothing)
            if evidence > best.evidence { best = Fit(period: period, jitter: jitter, evidence: evidence) }
        }
        return best
    }

    private static func evidence(
        _ intervals: [Double], _ period: Double, _ jitter: Double, _ nothing: [Double]
    ) -> Double {
        var sum = 0.0
        var strays = 0
        for (interval, chance) in zip(intervals, nothing) {
            var regular = 0.0
            let nearest = max(1, (interval / period).rounded())
            // Neighbours count where wide jitters of several steps overlap.
            var step = max(1, nearest - 1)
            while step <= min(nearest + 1, 12) {
                // A second is as exact as many logs are.
                let half = max(jitter * period * step.squareRoot(), 1)
                if abs(interval - step * period) <= half {
                    regular += (1 - loss) * Foundation.pow(loss, step - 1) / (2 * half)
                }
                step += 1
            }
            if regular == 0 { strays += 1 }
            sum += Foundation.log((1 - stray) * regular / chance + stray)
        }
        return strays * 8 <= max(intervals.count, 8) ? sum : -.infinity
    }

    /// The density of each interval where there is no beacon: that of the better of two explanations.
    private static func nothing(_ intervals: [Double]) -> [Double] {
        let count = Double(intervals.count)
        let rest = max(intervals.reduce(0, +) / count - dead, 0.1)
        let even = intervals.map { max(Foundation.exp(-max($0 - dead, 0) / rest) / rest, 1e-300) }
        let logs = intervals.map { Foundation.log(max($0, 0.001)) }
        let middle = logs.reduce(0, +) / count
        let spread = max((logs.reduce(0) { $0 + ($1 - middle) * ($1 - middle) } / count).squareRoot(), 1)
        let bursts = zip(intervals, logs).map { interval, log in
            let distance = (log - middle) / spread
            return max(
                Foundation.exp(-distance * distance / 2) / (max(interval, 0.001) * spread * 2.506_628), 1e-300)
        }
        let evenly = even.reduce(0) { $0 + Foundation.log($1) }
        return evenly >= bursts.reduce(0) { $0 + Foundation.log($1) } ? even : bursts
    }
}
