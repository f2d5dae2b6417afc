package import Records

/// What one kind of thing shows of itself: in a table for people, and as fields for programs.
package protocol Listing {
    associatedtype Row

    var columns: [TableColumn] { get }
    func cells(_ row: Row) -> [String]

    /// A sentence that stands in a table instead of the row's cells.
    func note(_ row: Row) -> String?

    /// The headings of CSV, in order.
    var keys: [String] { get }
    func fields(_ row: Row) -> [Field]

    // Where an encoder of the records knows better, these are its work.
    func appendJSON(_ row: Row, to line: inout ByteLine)
    func appendCSVHeading(to line: inout ByteLine)
    func appendCSV(_ row: Row, to line: inout ByteLine)
}

extension Listing {
    package func note(_ row: Row) -> String? { nil }

    package func appendJSON(_ row: Row, to line: inout ByteLine) { line.append(jsonObject: fields(row)) }

    package func appendCSVHeading(to line: inout ByteLine) { line.append(csv: keys.map { .text($0) }) }

    package func appendCSV(_ row: Row, to line: inout ByteLine) {
        let values = Dictionary(fields(row).map { ($0.key, $0.value) }) { first, _ in first }
        line.append(csv: keys.map { values[$0] ?? .absent })
    }
}
