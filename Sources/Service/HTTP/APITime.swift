import Model

/// Times as the APIs write them: UTC, whole seconds.
package enum APITime {
    /// * `nanoseconds`: since 1970.
    package static func text(_ nanoseconds: Int64) -> String {
        Timestamp(nanoseconds: nanoseconds).text(fractionDigits: 0)
    }
}
