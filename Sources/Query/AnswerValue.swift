package import Model
package import Records

/// One value of an answer.
package enum AnswerValue: Hashable, Sendable {
    case absent
    case text(String)
    /// Sums have more bits than the numbers they are of.
    case number(UInt128)
    case instant(Int64)
    case address(IPAddress)

    /// Absent ones last, addresses and numbers by their value, texts by their bytes.
    package func isBefore(_ other: AnswerValue) -> Bool {
        switch (self, other) {
        case (.absent, _): false
        case (_, .absent): true
        case (.text(let first), .text(let second)): first.utf8.lexicographicallyPrecedes(second.utf8)
        case (.number(let first), .number(let second)): first < second
        case (.instant(let first), .instant(let second)): first < second
        case (.address(let first), .address(let second)): first < second
        case (.text, _), (.number, _), (.instant, _), (.address, _): false
        }
    }
}

extension AnswerValue {
    /// The value as data formats tell it.
    package var datum: Datum {
        switch self {
        case .absent: .absent
        case .text(let text): .text(text)
        case .number(let number): .number(number)
        case .instant(let instant): .text(Self.text(instant))
        case .address(let address): .text(address.description)
        }
    }

    /// Microseconds since 1970 as RFC 3339 in UTC.
    package static func text(_ microseconds: Int64) -> String {
        let (nanoseconds, isBeyond) = microseconds.multipliedReportingOverflow(by: 1000)
        return isBeyond ? "\(microseconds)" : Timestamp(nanoseconds: nanoseconds).description
    }
}
