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
            case .instant(let instant): AnswerValue.text(instant)
            case .address(let address): address.description
            }
        }
    }

    var keys: [String] { names }

    func fields(_ row: [AnswerValue]) -> [Field] { zip(names, row).map { Field($0, $1.datum) } }
}
