/// When a rule is in force, in UTC.
package struct Schedule: Hashable, Sendable, Codable {
    /// The first instant; nil is since ever.
    package let from: Timestamp?
    /// The first instant at which it is over; nil is never.
    package let until: Timestamp?
    /// The hours of the week; none is all.
    package let hours: [WeeklyHours]

    package init(from: Timestamp? = nil, until: Timestamp? = nil, hours: [WeeklyHours] = []) {
        self.from = from
        self.until = until
        self.hours = hours
    }

    package func holds(at instant: Timestamp) -> Bool {
        guard from.map({ $0 <= instant }) ?? true, until.map({ instant < $0 }) ?? true else { return false }
        return hours.isEmpty || hours.contains { $0.holds(at: instant) }
    }
}

/// Hours of some days of the week, in UTC. Hours that end before they begin end on the day that follows.
package struct WeeklyHours: Hashable, Sendable, Codable {
    package static let dayNames = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    static let minutesOfDay = 1440

    /// 0 is Monday; the last may come before the first, over the week's end.
    package let firstDay: Int
    package let lastDay: Int
    /// Minutes of the day, 0–1440; `end` is the first that is over.
    package let start: Int
    package let end: Int

    package init(firstDay: Int, lastDay: Int, start: Int, end: Int) {
        self.firstDay = firstDay
        self.lastDay = lastDay
        self.start = start
        self.end = end
    }

    package func holds(at instant: Timestamp) -> Bool {
        let minutes = instant.nanoseconds / 60_000_000_000
        let days = minutes / Int64(Self.minutesOfDay)
        // 1970 began on a Thursday.
        let day = Int((days + 3) % 7)
        let minute = Int(minutes % Int64(Self.minutesOfDay))
        if start < end { return includes(day) && (start..<end).contains(minute) }
        return includes(day) && minute >= start || includes((day + 6) % 7) && minute < end
    }

    private func includes(_ day: Int) -> Bool {
        firstDay <= lastDay ? (firstDay...lastDay).contains(day) : day >= firstDay || day <= lastDay
    }
}

extension WeeklyHours: CustomStringConvertible {
    /// `mon-fri 09:00-17:00`.
    package var description: String {
        func time(_ minutes: Int) -> String {
            func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
            return "\(two(minutes / 60)):\(two(minutes % 60))"
        }
        let days =
            firstDay == lastDay
            ? Self.dayNames[firstDay] : "\(Self.dayNames[firstDay])-\(Self.dayNames[lastDay])"
        return "\(days) \(time(start))-\(time(end))"
    }

    /// Reads what `description` writes; nil for anything else.
    package init?(_ text: some StringProtocol) {
        let words = text.split(separator: " ")
        guard words.count == 2 else { return nil }
        let days = words[0].split(separator: "-", omittingEmptySubsequences: false)
            .map { word in Self.dayNames.firstIndex(of: String(word)) }
        let times = words[1].split(separator: "-", omittingEmptySubsequences: false).map { Self.minutes(Substring($0)) }
        guard (1...2).contains(days.count), let first = days[0], let last = days[days.count - 1], times.count == 2,
            let start = times[0], let end = times[1], start < Self.minutesOfDay, start != end
        else { return nil }
        self.init(firstDay: first, lastDay: last, start: start, end: end)
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2,
            parts.allSatisfy({ $0.count == 2 && $0.utf8.allSatisfy { (0x30...0x39).contains($0) } }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60, hour * 60 + minute <= minutesOfDay
        else { return nil }
        return hour * 60 + minute
    }
}
