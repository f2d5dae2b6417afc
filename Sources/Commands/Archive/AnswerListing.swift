import Model
import Query
import Records
import Terminal

/// How the rows of an answer are listed: under their columns' names, absent values left out.
struct AnswerListing: Listing {
    let names: [String]
    let columns: [TableColumn]

    init(_ names: [String]) {
        self.names = names
        columns = names.map { TableColumn($0.uppercased()) }
    }

    func cells(_ row: [AnswerValue]) -> [String] {
        row.map { value in
            switch value {
            case .absent: ""
            case .text(let text): text
            case .number(let number): String(number)
            case .instant(let instant): Self.text(instant)
            case .address(let address): address.description
            }
        }
    }

    var keys: [String] { names }

    func fields(_ row: [AnswerValue]) -> [Field] { zip(names, row).map { Field($0, Self.datum($1)) } }

    static func datum(_ value: AnswerValue) -> Datum {
        switch value {
        case .absent: .absent
        case .text(let text): .text(text)
        case .number(let number): .number(number)
        case .instant(let instant): .text(text(instant))
        case .address(let address): .text(address.description)
        }
    }

    /// Microseconds since 1970 as RFC 3339 in UTC.
    static func text(_ microseconds: Int64) -> String {
        let (nanoseconds, isBeyond) = microseconds.multipliedReportingOverflow(by: 1000)
        return isBeyond ? "\(microseconds)" : Timestamp(nanoseconds: nanoseconds).description
    }
}
