package import Model

/// Dates as HTTP writes them (RFC 9110, IMF-fixdate): `Sat, 21 Nov 2026 07:20:01 GMT`.
package enum HTTPDate {
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func parse(_ text: String) -> Timestamp? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let day = Int(parts[1]),
            let month = months.firstIndex(of: String(parts[2])),
            let year = Int(parts[3])
        else { return nil }
        let clock = parts[4].split(separator: ":").compactMap { Int($0) }
        guard clock.count == 3, (1...31).contains(day), (1970...9999).contains(year), (0...23).contains(clock[0]),
            (0...59).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        // Days of the civil calendar, with years that begin in March so that the leap day comes last.
        let shiftedYear = month < 2 ? year - 1 : year
        let shiftedMonth = (month + 10) % 12
        let days =
            365 * shiftedYear + shiftedYear / 4 - shiftedYear / 100 + shiftedYear / 400
            + (153 * shiftedMonth + 2) / 5 + day - 1 - 719_468
        return Timestamp(seconds: Int64(days * 86_400 + clock[0] * 3600 + clock[1] * 60 + clock[2]))
    }

    /// What `Retry-After` says: seconds, or a date.
    package static func pause(_ text: String, now: Timestamp) -> Duration? {
        if let seconds = Int(text), (0...86_400).contains(seconds) { return .seconds(seconds) }
        guard let date = parse(text) else { return nil }
        return date > now ? .nanoseconds(date.nanoseconds - now.nanoseconds) : .zero
    }
}
