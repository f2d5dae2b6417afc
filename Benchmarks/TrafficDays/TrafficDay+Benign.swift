import Model

extension TrafficDay {
    /// What machines and people do all day.
    mutating func addBenign() {
        addVisitors()
        addHouseholds()
        addTelemetry()
        addOperations()
        addNoise()
    }

    /// Web visitors by way of the balancer and directly; a few connections fail.
    private mutating func addVisitors() {
        var second = 0.0
        while second < length {
            second += dice.wait(mean: 8)
            let from = dice.chance(0.5) ? Self.service.balancer : Self.outside(dice.number(0...400))
            var line = FlowLine(
                start: at(second), initiator: from, initiatorPort: dice.port(), target: Self.own(dice.number(0...11)),
                targetPort: dice.chance(0.8) ? 443 : 80)
            line.length = Int64(dice.number(20_000...8_000_000))
            line.bytes = Int64(dice.number(600...9000))
            line.answered = Int64(dice.number(1500...90_000))
            (line.packets, line.answers) = (line.bytes / 400 + 3, line.answered / 1000 + 3)
            if dice.chance(0.01) { (line.packets, line.bytes, line.answers, line.answered) = (3, 180, 0, 0) }
            add(line)
            // The web tier asks the application, and that the database.
            var inner = line
            (inner.initiator, inner.initiatorPort) = (line.target, dice.port())
            (inner.target, inner.targetPort) = (Self.own(dice.number(12...19)), 8080)
            inner.isEgress = true
            add(inner)
            (inner.initiator, inner.target, inner.targetPort) = (inner.target, Self.service.database, 5432)
            inner.initiatorPort = dice.port()
            (inner.bytes, inner.answered) = (Int64(dice.number(500...3000)), Int64(dice.number(500...6000)))
            add(inner)
        }
    }

    /// DNS, NTP, DHCP, multicast of each host.
    private mutating func addHouseholds() {
        for host in 0..<Self.hosts {
            var second = dice.unit() * 300
            while second < length {
                var line = FlowLine(
                    start: at(second), initiator: Self.own(host), initiatorPort: dice.port(),
                    target: dice.chance(0.9) ? Self.service.resolver : UInt128(0xffff_0808_0808), targetPort: 53,
                    transport: 17)
                (line.packets, line.bytes, line.answers, line.answered, line.isEgress) = (1, 70, 1, 160, true)
                if dice.chance(0.01) { (line.answers, line.answered) = (0, 0) }
                add(line)
                second += dice.wait(mean: 400)
            }
            second = dice.unit() * 1024
            while second < length {
                var line = FlowLine(
                    start: at(second), initiator: Self.own(host), initiatorPort: 123,
                    target: Self.outside(9000 + host % 4), targetPort: 123, transport: 17)
                (line.packets, line.bytes, line.answers, line.answered, line.isEgress) = (1, 76, 1, 76, true)
                add(line)
                second += 1024
            }
            second = dice.unit() * 3600
            while second < length {
                var line = FlowLine(
                    start: at(second), initiator: Self.own(host), initiatorPort: 5353,
                    target: UInt128(0xffff_e000_00fb),
                    targetPort: 5353, transport: 17)
                (line.packets, line.bytes, line.answers, line.answered) = (1, 90, 0, 0)
                add(line)
                second += 3600
            }
        }
    }

    /// Health checks, metrics, logs, updates by cron.
    private mutating func addTelemetry() {
        for host in 0..<Self.hosts {
            every(300, jitter: 0.02) { day, second in
                var check = FlowLine(
                    start: second, initiator: Self.service.monitor, initiatorPort: day.dice.port(),
                    target: Self.own(host),
                    targetPort: host < 12 ? 443 : host < 20 ? 8080 : 22)
                (check.packets, check.bytes, check.answers, check.answered) = (5, 280, 4, 220)
                day.add(check)
            }
            every(300, jitter: 0.05) { day, second in
                var push = FlowLine(
                    start: second, initiator: Self.own(host), initiatorPort: day.dice.port(),
                    target: Self.outside(9100),
                    targetPort: 443)
                push.isEgress = true
                day.add(push)
            }
            every(120, jitter: 0.1) { day, second in
                var log = FlowLine(
                    start: second, initiator: Self.own(host), initiatorPort: 514, target: Self.service.monitor,
                    targetPort: 514, transport: 17)
                (log.packets, log.bytes, log.answers, log.answered) = (4, 1600, 0, 0)
                day.add(log)
            }
            let minute = Double(dice.number(0...59) * 60)
            var hour = minute - Double(day / 1_000_000 % 3600) + 3600
            while hour < length {
                var update = FlowLine(
                    start: at(hour + dice.unit() * 2), initiator: Self.own(host), initiatorPort: dice.port(),
                    target: Self.outside(9200 + host), targetPort: 443)
                update.isEgress = true
                update.answered = Int64(dice.number(20_000...900_000))
                add(update)
                hour += 3600
            }
        }
    }

    private mutating func every(_ period: Double, jitter: Double, _ body: (inout TrafficDay, Int64) -> Void) {
        var second = dice.unit() * period
        while second < length {
            body(&self, at(second + dice.unit() * jitter * period))
            second += period
        }
    }

    /// Administration from the bastion, backups at night, objects stored outside.
    private mutating func addOperations() {
        for _ in 0..<30 {
            let second = dice.unit() * length
            var login = FlowLine(
                start: at(second), initiator: Self.service.bastion, initiatorPort: dice.port(),
                target: Self.own(dice.number(0...Self.hosts - 1)), targetPort: 22)
            login.length = Int64(dice.number(5...1800)) * 1_000_000
            (login.bytes, login.answered) = (Int64(dice.number(9000...400_000)), Int64(dice.number(12_000...900_000)))
            (login.packets, login.answers) = (login.bytes / 200, login.answered / 300)
            add(login)
        }
        var night = 4.0 * 3600
        while night < length {
            for host in 0..<Self.hosts {
                var backup = FlowLine(
                    start: at(night + Double(host) * 40), initiator: Self.own(host), initiatorPort: dice.port(),
                    target: Self.service.backup, targetPort: 873)
                (backup.bytes, backup.answered, backup.length) = (400_000_000, 900_000, 300_000_000)
                (backup.packets, backup.answers) = (300_000, 15_000)
                add(backup)
            }
            night += 86_400
        }
        var second = 600.0
        while second < length {
            var store = FlowLine(
                start: at(second), initiator: Self.own(dice.number(12...19)), initiatorPort: dice.port(),
                target: Self.outside(9300), targetPort: 443)
            store.isEgress = true
            store.bytes = Int64(dice.number(20_000...4_000_000))
            (store.packets, store.answers) = (store.bytes / 1200 + 5, store.bytes / 2400 + 5)
            add(store)
            second += dice.wait(mean: 900)
        }
    }

    /// What knocks at every address of the Internet, partners that are down, answers that come too late.
    private mutating func addNoise() {
        var second = 0.0
        let knocked: [UInt16] = [23, 23, 23, 22, 22, 445, 80, 8080, 3389, 443, 5555, 6379, 81, 1433]
        while second < length {
            second += dice.wait(mean: 150)
            var knock = FlowLine(
                start: at(second), initiator: Self.outside(20_000 + dice.number(0...900_000)),
                initiatorPort: dice.port(),
                target: Self.own(dice.number(0...11)), targetPort: dice.pick(knocked))
            (knock.isRefused, knock.packets, knock.bytes) = (true, 1, 44)
            if knock.targetPort != 80, knock.targetPort != 443 { add(knock) }
        }
        for _ in 0..<12 {
            let host = dice.number(12...19)
            let gone = dice.number(0...3)
            let begin = dice.unit() * length
            for retry in 0..<6 {
                var line = FlowLine(
                    start: at(begin + Double(retry) * 5), initiator: Self.own(host), initiatorPort: dice.port(),
                    target: UInt128(0xffff_0a00_0900 + gone), targetPort: 9090)
                (line.packets, line.bytes, line.answers, line.answered) = (3, 180, 0, 0)
                add(line)
            }
        }
        for _ in 0..<60 {
            var late = FlowLine(
                start: at(dice.unit() * length), initiator: Self.own(dice.number(0...11)), initiatorPort: 443,
                target: Self.outside(dice.number(0...400)), targetPort: dice.port())
            (late.isRefused, late.packets, late.bytes, late.isEgress) = (true, 1, 40, true)
            add(late)
        }
    }
}
