import Archive
import Model
import Records

/// Times at the beginning of log lines; without a zone they are UTC.
enum LogTime {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Nov  3 10:15:07 …`, `2026-11-03 10:15:07.123 …` or RFC 3339, as microseconds since 1970.
    static func microseconds(_ text: Substring, now: Timestamp) throws(BadLine) -> Int64 {
        let parts = text.split(separator: " ")
        if parts.count >= 3, let month = months.firstIndex(of: String(parts[0].prefix(3))) {
            let latest = CivilTime(now).year
            for year in stride(from: latest, through: latest - 4, by: -1) {
                let date = "\(year)-\(padded(month + 1))-\(padded(Int(parts[1]) ?? 0))T\(parts[2])Z"
                // 29 February is none in most years.
                if let instant = TimeText.instant(date), instant <= now { return instant.microseconds }
            }
        } else if let first = parts.first {
            if let instant = TimeText.instant(first) { return instant.microseconds }
            if parts.count >= 2, let instant = civil("\(first) \(parts[1])") { return instant }
        }
        throw BadLine("time: \"\(FieldValues.shown(Array(text.utf8)[...]))\" begins with none")
    }

    /// `2011/08/10 09:46:59.607825`, `2026-11-03 10:15:07,123` or with `T`, without a zone or with one.
    static func civil(_ text: some StringProtocol) -> Int64? {
        let plain = String(text).replacing("/", with: "-").replacing(",", with: ".")
        return (TimeText.instant(plain) ?? TimeText.instant(plain + "Z"))?.microseconds
    }

    private static func padded(_ number: Int) -> String { (number < 10 ? "0" : "") + String(number) }
}
