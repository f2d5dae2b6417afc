package import Foundation
package import Model

/// Instants as a person at this machine reads them: the hour of the day, with its date where that is not today.
package struct LocalTime {
    private let zone: TimeZone
    private let today: CivilTime

    package init(now: Timestamp, zone: TimeZone = .current) {
        self.zone = zone
        today = Self.civil(now, zone)
    }

    /// `09:05:07.123`, or `2026-11-03 09:05:07.123`.
    package func text(_ instant: Timestamp, fractionDigits: Int = 3) -> String {
        let shifted = Self.shifted(instant, zone)
        let parts = shifted.text(fractionDigits: fractionDigits).dropLast().split(separator: "T")
        let civil = CivilTime(shifted)
        let isToday = (civil.year, civil.month, civil.day) == (today.year, today.month, today.day)
        return isToday ? String(parts[parts.count - 1]) : parts.joined(separator: " ")
    }

    private static func shifted(_ instant: Timestamp, _ zone: TimeZone) -> Timestamp {
        let offset = zone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(instant.seconds)))
        return instant.advanced(by: .seconds(offset))
    }

    private static func civil(_ instant: Timestamp, _ zone: TimeZone) -> CivilTime {
        CivilTime(shifted(instant, zone))
    }
}
