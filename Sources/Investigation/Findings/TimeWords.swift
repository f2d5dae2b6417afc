import Model

/// Instants and lengths as findings tell them.
enum TimeWords {
    /// RFC 3339 in UTC with microseconds.
    static func text(_ microseconds: Int64) -> String {
        let (nanoseconds, isBeyond) = microseconds.multipliedReportingOverflow(by: 1000)
        return Timestamp(nanoseconds: isBeyond ? (microseconds < 0 ? .min : .max) : nanoseconds).description
    }

    /// `90 s`, `5 min`, `6 h`.
    static func length(_ microseconds: Int64) -> String {
        let seconds = microseconds / 1_000_000
        if seconds >= 7200, seconds % 3600 == 0 { return "\(seconds / 3600) h" }
        if seconds >= 120, seconds % 60 == 0 { return "\(seconds / 60) min" }
        return "\(seconds) s"
    }
}

/// Lengths in microseconds.
enum Span {
    static func seconds(_ count: Int64) -> Int64 { count * 1_000_000 }
    static func minutes(_ count: Int64) -> Int64 { count * 60_000_000 }
    static func hours(_ count: Int64) -> Int64 { count * 3_600_000_000 }
}
