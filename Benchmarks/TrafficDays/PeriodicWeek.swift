package import Archive
import Model

/// A week of a few hosts that do at regular times what hosts do, and of beacons among them.
package struct PeriodicWeek {
    package static let hosts = 12
    /// `OWN TARGET` of each beacon.
    package private(set) var beacons: [String] = []
    private var lines: [FlowLine] = []
    private var dice: Dice
    private let start: Int64 = 1_780_012_837_000_000
    private let length = 7 * 86_400.0

    package init(seed: UInt64) {
        dice = Dice(seed: seed &+ 77_000)
        for host in 0..<Self.hosts { addHarmless(host) }
        for host in 0..<4 { addBeacon(host) }
    }

    package func batches() -> [FlowBatch] {
        var (batch, number) = (FlowBatch(), 0)
        for line in lines { line.add(to: &batch, .bothWays, &number) }
        return [batch]
    }

    private mutating func call(_ second: Double, _ host: Int, _ target: UInt128, _ port: UInt16, transport: UInt8 = 6) {
        var line = FlowLine(
            start: start + Int64(second * 1e6), initiator: TrafficDay.own(host), initiatorPort: dice.port(),
            target: target,
            targetPort: port, transport: transport)
        line.isEgress = true
        line.bytes = Int64(dice.number(700...1100))
        lines.append(line)
    }

    /// Time, names, cron at whole minutes, checks and metrics within, telemetry of all, and people by chance.
    private mutating func addHarmless(_ host: Int) {
        var second = dice.unit() * 1024
        while second < length {
            call(second, host, TrafficDay.outside(9000 + host % 4), 123, transport: 17)
            second += 1024
        }
        second = dice.unit() * 900
        while second < length {
            call(second, host, TrafficDay.outside(9100), 443)
            call(second + 3, host, TrafficDay.service.monitor, 9091)
            second += 900 + dice.unit() * 20
        }
        // Cron begins at a whole minute of the clock.
        second = Double(60 - start / 1_000_000 % 60) + Double(dice.number(0...59)) * 60
        while second < length {
            call(second + 1 + dice.unit() * 2, host, TrafficDay.outside(9200 + host), 443)
            second += 3600
        }
        second = dice.unit() * 600
        while second < length {
            call(second, host, TrafficDay.service.resolver, 53, transport: 17)
            second += dice.wait(mean: 600)
        }
        for site in 0..<6 {
            second = dice.unit() * 20_000
            while second < length {
                for piece in 0..<dice.number(1...5) {
                    call(
                        second + Double(piece) * dice.unit() * 8, host, TrafficDay.outside(10_000 + host * 10 + site),
                        443)
                }
                second += dice.wait(mean: 9000)
            }
        }
    }

    /// A beacon of 5 s to 6 h, evenly in the logarithm; jitter to 40 %, loss to 30 %. Short ones last as long as two thousand calls.
    private mutating func addBeacon(_ host: Int) {
        var period = 5.0
        let steps = dice.unit() * 12.07
        for _ in 0..<Int(steps) { period *= 2 }
        period = min(period * (1 + steps - steps.rounded(.down)), 21_600)
        let jitter = dice.unit() * 0.4
        let loss = dice.unit() * 0.3
        let target = UInt128(0xffff_cb00_7100) + UInt128(dice.number(1...250))
        beacons.append("\(IPAddress(archived: TrafficDay.own(host))) \(IPAddress(archived: target))")
        var second = dice.unit() * 7200
        let end = min(length, second + 2000 * period)
        while second < end {
            if !dice.chance(loss) { call(second, host, target, 443) }
            second += period * (1 - jitter + 2 * jitter * dice.unit())
        }
    }
}
