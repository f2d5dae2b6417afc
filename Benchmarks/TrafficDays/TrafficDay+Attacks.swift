import Model

extension TrafficDay {
    /// One attack of each kind, at a time of its own after seven hours.
    mutating func addAttacks() {
        addScans()
        addLogins()
        addInside()
        addTrouble()
    }

    private mutating func begin() -> Double { 7 * 3600 + dice.unit() * (length - 12 * 3600) }
    private mutating func stranger() -> UInt128 {
        UInt128(0xffff_cb00_7100) + UInt128(dice.number(1...250)) + UInt128(attacks.count) << 16
    }

    private mutating func probe(_ second: Double, _ from: UInt128, _ to: UInt128, _ port: UInt16, open: Double = 0) {
        var line = FlowLine(
            start: at(second), length: 0, initiator: from, initiatorPort: dice.port(), target: to, targetPort: port)
        if dice.chance(open) {
            (line.packets, line.bytes, line.answers, line.answered) = (2, 100, 1, 60)
        } else if dice.chance(0.7) {
            (line.isRefused, line.packets, line.bytes, line.answers) = (true, 1, 60, 0)
        } else {
            (line.packets, line.bytes) = (1, 60)
            (line.answers, line.answered) = dice.chance(0.5) ? (1, 40) : (0, 0)
        }
        add(line)
    }

    private mutating func addScans() {
        var (second, from) = (begin(), stranger())
        let target = Self.own(dice.number(0...11))
        note("vertical_scan", from, second)
        let gap = dice.unit() * 3 + 0.01
        for number in 0..<dice.number(20...200) {
            probe(second + Double(number) * gap, from, target, UInt16(20 + number * 13), open: 0.03)
        }

        (second, from) = (begin(), stranger())
        note("horizontal_scan", from, second)
        let port = dice.pick([21, 25, 1433, 3389, 5900, 7001] as [UInt16])
        for (place, host) in Array(0..<dice.number(10...24)).enumerated() {
            probe(second + Double(place) * gap, from, Self.own(host), port, open: 0.1)
        }

        (second, from) = (begin() - 2 * 3600, stranger())
        note("slow_scan", from, second)
        let slow = Double(dice.number(90...600))
        for number in 0..<dice.number(15...30) {
            let at = second + Double(number) * slow * (0.7 + 0.6 * dice.unit())
            probe(at, from, Self.own(number % 12), UInt16(1000 + number * 37), open: 0.03)
        }

        second = begin()
        let shared = Self.own(dice.number(0...11))
        note("distributed_scan", shared, second)
        var asked = 0
        for source in 0..<dice.number(12...40) {
            for _ in 0..<dice.number(1...3) {
                asked += 1
                let from = Self.outside(3_000_000 + source * 977)
                probe(second + dice.unit() * 1200, from, shared, UInt16(2000 + asked * 11))
            }
        }
    }

    private mutating func addLogins() {
        let (second, from) = (begin(), stranger())
        let target = Self.own(dice.number(20...23))
        note("brute_force", from, second)
        let gap = dice.unit() * 9 + 1
        for number in 0..<dice.number(20...150) {
            var line = FlowLine(
                start: at(second + Double(number) * gap), length: 2_000_000, initiator: from,
                initiatorPort: dice.port(),
                target: target, targetPort: 22)
            (line.packets, line.bytes) = (14, Int64(dice.number(1800...2600)))
            (line.answers, line.answered) = (12, Int64(dice.number(2200...3200)))
            add(line)
        }
        let (inner, host) = (begin(), Self.own(dice.number(0...11)))
        note("lateral_movement", host, inner)
        for number in 0..<dice.number(1...4) {
            var line = FlowLine(
                start: at(inner + Double(number) * 400), length: 90_000_000, initiator: host,
                initiatorPort: dice.port(),
                target: Self.own(12 + number), targetPort: dice.pick([22, 445, 3389]))
            (line.packets, line.bytes, line.answers, line.answered) = (300, 60_000, 280, 90_000)
            add(line)
        }
    }

    private mutating func addInside() {
        let infected = Self.own(dice.number(12...19))
        let control = stranger()
        let period = dice.pick([30, 60, 120, 300, 600]) * (0.9 + 0.2 * dice.unit())
        var second = 2 * 3600 + dice.unit() * 3600
        note("beacon", infected, second)
        let jitter = dice.unit() * 0.4
        while second < length {
            if !dice.chance(0.2) {
                var call = FlowLine(
                    start: at(second), initiator: infected, initiatorPort: dice.port(), target: control, targetPort: 443
                )
                (call.isEgress, call.bytes, call.answered) = (true, 900, 700)
                add(call)
            }
            second += period * (1 - jitter + 2 * jitter * dice.unit())
        }
        let (thief, drop) = (Self.own(dice.number(0...11)), stranger())
        second = begin()
        note("exfiltration", thief, second)
        let pieces = dice.number(4...30)
        for number in 0..<pieces {
            var line = FlowLine(
                start: at(second + Double(number) * 55), length: 50_000_000, initiator: thief,
                initiatorPort: dice.port(),
                target: drop, targetPort: 443)
            line.bytes = Int64(dice.number(200_000_000...2_000_000_000) / pieces)
            (line.packets, line.answers, line.answered, line.isEgress) = (
                line.bytes / 1200, line.bytes / 2400, line.bytes / 48, true
            )
            add(line)
        }
        let (caught, start) = (Self.own(dice.number(20...23)), begin())
        note("refused_egress_burst", caught, start)
        for number in 0..<dice.number(15...60) {
            var line = FlowLine(
                start: at(start + Double(number) * 3), length: 0, initiator: caught, initiatorPort: dice.port(),
                target: Self.outside(4_000_000 + number * 31), targetPort: dice.pick([443, 4444, 6667, 8443]))
            (line.isRefused, line.packets, line.bytes, line.isEgress) = (true, 1, 60, true)
            add(line)
        }
    }

    private mutating func addTrouble() {
        var second = begin()
        let drowned = Self.own(dice.number(0...11))
        note("flood", drowned, second)
        for number in 0..<3000 {
            var line = FlowLine(
                start: at(second + Double(number) / 1500), length: 0, initiator: Self.outside(5_000_000 + number * 7),
                initiatorPort: dice.port(), target: drowned, targetPort: 443)
            (line.packets, line.bytes, line.answers, line.answered) = (1, 44, 0, 0)
            add(line)
        }
        second = begin()
        let host = Self.own(dice.number(12...19))
        note("new_service", host, second)
        let port = dice.pick([4444, 8888, 9001, 31_337] as [UInt16])
        for number in 0..<6 {
            var line = FlowLine(
                start: at(second + Double(number) * 200), initiator: stranger(), initiatorPort: dice.port(),
                target: host,
                targetPort: port)
            line.answered = 9000
            add(line)
        }
        second = begin()
        let (broken, gone) = (Self.own(dice.number(12...19)), Self.service.database)
        note("failed_connection_burst", broken, second)
        for number in 0..<dice.number(40...120) {
            var line = FlowLine(
                start: at(second + Double(number) * 2), length: 0, initiator: broken, initiatorPort: dice.port(),
                target: gone, targetPort: 6379)
            (line.packets, line.bytes, line.answers, line.answered) = (1, 60, 1, 40)
            add(line)
        }
        second = begin()
        let listed = UInt128(0xffff_c633_6442)
        note("listed_address", listed, second)
        for number in 0..<3 {
            var line = FlowLine(
                start: at(second + Double(number) * 900), initiator: listed, initiatorPort: dice.port(),
                target: Self.own(3),
                targetPort: 443)
            line.bytes = 900
            add(line)
        }
        second = begin()
        let server = Self.own(dice.number(0...11))
        note("answer_refused", server, second)
        for number in 0..<5 {
            var request = FlowLine(
                start: at(second + Double(number) * 30), initiator: Self.outside(410 + number),
                initiatorPort: dice.port(),
                target: server, targetPort: 443)
            (request.answers, request.answered, request.packets, request.bytes) = (0, 0, 3, 180)
            add(request)
            var answer = request
            (answer.initiator, answer.target) = (request.target, request.initiator)
            (answer.initiatorPort, answer.targetPort) = (443, request.initiatorPort)
            (answer.isRefused, answer.isEgress, answer.start) = (true, true, request.start + 1000)
            add(answer)
        }
    }
}
