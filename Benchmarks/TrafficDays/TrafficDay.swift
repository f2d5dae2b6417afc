package import Archive
import Model

/// A day of a small network's traffic, and the attacks in it at known times; the same for the same seed.
package struct TrafficDay {
    /// What was done, as whoever did it knows.
    package struct Attack: Sendable {
        package let kind: String
        package let entity: String
        package let start: Int64
    }

    package let style: LogStyle
    package private(set) var lines: [FlowLine] = []
    package private(set) var attacks: [Attack] = []
    /// Addresses that a list would name.
    package static let listed = "198.51.100.66"
    static let hosts = 24
    /// Seconds of the records.
    let length: Double
    let day: Int64
    var dice: Dice

    /// Makes a day; `isQuiet` leaves the attacks out.
    package init(seed: UInt64, style: LogStyle = .bothWays, hours: Int = 24, isQuiet: Bool = false) {
        self.style = style
        dice = Dice(seed: seed)
        length = Double(hours) * 3600
        // An instant that is no whole hour.
        day = 1_780_012_800_000_000 + Int64(seed % 1000) * 1_000_000
        addBenign()
        if !isQuiet { addAttacks() }
    }

    /// The records in batches of about so many flows.
    package func batches(of size: Int = 1 << 18) -> [FlowBatch] {
        var batches: [FlowBatch] = []
        var number = 0
        var batch = FlowBatch()
        for line in lines {
            line.add(to: &batch, style, &number)
            if batch.rowCount >= size {
                batches.append(batch)
                batch = FlowBatch()
            }
        }
        return batches + [batch]
    }

    static func own(_ number: Int) -> UInt128 { UInt128(0xffff_0a00_0100 + number) }
    static let service = (
        resolver: UInt128(0xffff_0a00_0002), monitor: UInt128(0xffff_0a00_000a),
        balancer: UInt128(0xffff_0a00_0014), bastion: UInt128(0xffff_0a00_0016), backup: UInt128(0xffff_0a00_0018),
        database: UInt128(0xffff_0a00_0020)
    )
    static func outside(_ number: Int) -> UInt128 {
        UInt128(0xffff_0000_0000) | UInt128(UInt32(0x5000_0000) &+ UInt32(number) &* 2_654_435)
    }

    func at(_ second: Double) -> Int64 { day + Int64(second * 1e6) }

    mutating func add(_ line: FlowLine) { lines.append(line) }
    mutating func note(_ kind: String, _ entity: UInt128, _ second: Double) {
        attacks.append(Attack(kind: kind, entity: IPAddress(archived: entity).description, start: at(second)))
    }
}
