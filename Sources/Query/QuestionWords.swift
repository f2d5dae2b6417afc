package import Filter
import Model
import Records

/// A question in words, as a command line or a request brings it.
package struct QuestionWords: Sendable {
    /// Columns of the answer, or nil for all.
    package var columns: [String]?
    /// As `bytes_from_initiator:desc`.
    package var sort: [String] = []
    package var by: [String] = []
    package var top: Int?
    package var sum: [String] = []
    package var distinct: [String] = []
    /// As `bytes:95`.
    package var percentile: [String] = []
    /// Whether rows are counted and not shown.
    package var isCounted = false
    /// A step of time, as `1m`.
    package var series: String?
    package var limit: Int?

    package init() {}

    /// What a word asks that cannot be asked.
    package struct Fault: Error, Hashable, Sendable, CustomStringConvertible {
        /// The word's name, as `sort`.
        package let key: String
        package let reason: String

        package var description: String { "\(key): \(reason)" }
    }

    /// The question that the words ask; `since` and `until` in microseconds since 1970.
    package func question(
        _ filter: FilterExpression, since: Int64?, until: Int64?
    ) throws(Fault) -> FlowQuestion {
        var question = FlowQuestion()
        question.filter = filter
        (question.since, question.until, question.limit) = (since, until, limit)
        if let columns { question.columns = try list(columns, "columns") }
        question.groups = try list(by, "by")
        for text in sort { question.sort.append(try order(text)) }
        question.isCounted = isCounted
        for name in sum { question.aggregates.append(.sum(try number(name, "sum"))) }
        for name in distinct { question.aggregates.append(.distinct(try field(name, "distinct"))) }
        for text in percentile { question.aggregates.append(try rank(text)) }
        question.top = top
        if let series { question.step = try step(series) }
        if let limit, limit < 1 { throw Fault(key: "limit", reason: "\(limit): give a number from 1 on") }
        if let top, top < 1 { throw Fault(key: "top", reason: "\(top): give a number from 1 on") }
        if top != nil, !question.isGrouped { throw Fault(key: "top", reason: "it is of groups: give them with by") }
        if top != nil, series != nil { throw Fault(key: "top", reason: "a series has all its groups; leave it out") }
        if question.isGrouped {
            for (key, isGiven) in [("columns", columns != nil), ("sort", !sort.isEmpty), ("limit", limit != nil)]
            where isGiven {
                throw Fault(key: key, reason: "it is of records, and the answer has groups; groups have by and top")
            }
        }
        return question
    }

    private func field(_ name: String, _ key: String) throws(Fault) -> FilterField {
        if let field = FilterField(name: name) { return field }
        let mend = Suggestion.nearest(to: name, among: FilterField.names).map { "; did you mean \($0)?" } ?? ""
        throw Fault(key: key, reason: "there is no field \"\(name)\"\(mend)")
    }

    private func column(_ name: String, _ key: String) throws(Fault) -> FlowColumn {
        let field = try field(name, key)
        guard field.columns.count == 1, let column = field.columns.first else {
            let names = field.columns.map(\.rawValue).joined(separator: " and ")
            throw Fault(key: key, reason: "\(name) stands for \(names); name one of them")
        }
        return column
    }

    private func list(_ names: [String], _ key: String) throws(Fault) -> [FlowColumn] {
        var columns: [FlowColumn] = []
        for name in names {
            let column = try column(name, key)
            guard !columns.contains(column) else {
                throw Fault(key: key, reason: "\(column.rawValue) stands there twice")
            }
            columns.append(column)
        }
        return columns
    }

    private func number(_ name: String, _ key: String) throws(Fault) -> FilterField {
        let field = try field(name, key)
        guard case .number = field.kind else { throw Fault(key: key, reason: "\(name) is no number") }
        return field
    }

    private func order(_ text: String) throws(Fault) -> FlowQuestion.Order {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count == 1 || ["asc", "desc"].contains(parts[1].lowercased()) else {
            throw Fault(key: "sort", reason: "\"\(text)\": write COLUMN or COLUMN:desc")
        }
        return .init(
            try column(String(parts[0]), "sort"), isDescending: parts.count == 2 && parts[1].lowercased() == "desc")
    }

    private func rank(_ text: String) throws(Fault) -> FlowQuestion.Aggregate {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let percent = Double(parts[1]), percent >= 0, percent <= 100 else {
            throw Fault(
                key: "percentile", reason: "\"\(text)\": write FIELD:P with P from 0 to 100, such as bytes:95")
        }
        let field = try field(String(parts[0]), "percentile")
        switch field.kind {
        case .number, .instant: return .percentile(field, perMille: Int((percent * 10).rounded()))
        case .text, .word, .address:
            throw Fault(key: "percentile", reason: "\"\(text)\": \(parts[0]) is neither number nor time")
        }
    }

    private func step(_ text: String) throws(Fault) -> Int64 {
        do throws(TimeText.ParseError) {
            let seconds = try TimeText.duration(text).components.seconds
            guard seconds > 0 else { throw TimeText.ParseError.notADuration(text) }
            return seconds * 1_000_000
        } catch {
            throw Fault(key: "series", reason: "\(error)")
        }
    }
}
