import ArgumentParser
import Filter
import Foundation
import Model
import Query
import Records
import Terminal

/// What may be asked of an archive.
struct ArchiveOptions: ParsableArguments {
    @Option(
        help: """
            Ask the archive in this folder, and what of this host's records is on its way into it; without one, this \
            host's records.
            """)
    var archive: String?

    @Option(help: "The columns of the answer, with commas between.")
    var columns: String?

    @Option(help: "Order by a column, as bytes_from_initiator:desc; may stand several times.")
    var sort: [String] = []

    @Option(help: "One row for each value of these columns, with commas between.")
    var by: String?

    @Option(help: "The first so many groups.")
    var top: Int?

    @Option(help: "Add a field up; may stand several times.")
    var sum: [String] = []

    @Flag(help: "How many records there are.")
    var count = false

    @Option(help: "How many distinct values a field has; may stand several times.")
    var distinct: [String] = []

    @Option(help: "A percentile of a field, as bytes:95; may stand several times.")
    var percentile: [String] = []

    @Option(help: "One row for each step of time, such as 1m or 1h.")
    var series: String?

    @Flag(help: "Exit with 3 where the answer is not complete.")
    var requireComplete = false

    @Option(name: .customLong("repeat"), help: "Ask so many times, for --timing.")
    var repetitions = 1

    @Flag(help: "Tell on standard error how long each asking took.")
    var timing = false

    @Flag(help: "Read the records themselves; rollups are not kept yet, so that this is always so.")
    var noRollups = false

    @Option(help: "Print the same question for another engine, and ask nothing: duckdb.")
    var sql: QueryDialect?

    /// Whether more is asked than to list records as they lie there.
    var isUsed: Bool {
        columns != nil || !sort.isEmpty || by != nil || top != nil || !sum.isEmpty || count || !distinct.isEmpty
            || !percentile.isEmpty || series != nil || requireComplete || timing || sql != nil || repetitions != 1
    }

    func validate() throws {
        _ = try question(.always, since: nil, until: nil, limit: nil)
        if repetitions < 1 { throw ValidationError("--repeat \(repetitions): give a number from 1 on") }
    }

    /// The question that the options ask.
    func question(_ filter: FilterExpression, since: Int64?, until: Int64?, limit: Int?) throws -> FlowQuestion {
        var question = FlowQuestion()
        question.filter = filter
        (question.since, question.until, question.limit) = (since, until, limit)
        question.columns = try columns.map { try list($0, "--columns") }
        question.groups = try by.map { try list($0, "--by") } ?? []
        question.sort = try sort.map(order)
        question.isCounted = count
        question.aggregates =
            try sum.map { .sum(try number($0, "--sum")) } + distinct.map { .distinct(try field($0, "--distinct")) }
            + percentile.map(rank)
        question.top = top
        question.step = try series.map(step)
        if let top, top < 1 { throw ValidationError("--top \(top): give a number from 1 on") }
        if top != nil, !question.isGrouped { throw ValidationError("--top: give groups with --by") }
        if top != nil, series != nil { throw ValidationError("--top and --series: a series has all its groups") }
        if question.isGrouped, columns != nil || !sort.isEmpty || limit != nil {
            throw ValidationError("--columns, --sort and --limit are of records; groups have --by and --top")
        }
        return question
    }

    /// The question in the words of another engine.
    func statement(_ question: FlowQuestion, _ dialect: QueryDialect) throws -> String {
        switch dialect {
        case .duckdb:
            guard let text = question.duckDB else {
                throw ValidationError("--sql: port stands for two columns; add one of them up")
            }
            return text + ";"
        }
    }

    private func field(_ name: String, _ option: String) throws -> FilterField {
        if let field = FilterField(name: name) { return field }
        let mend = Suggestion.nearest(to: name, among: FilterField.names).map { "; did you mean \($0)?" } ?? ""
        throw ValidationError("\(option): there is no field \"\(name)\"\(mend)")
    }

    private func column(_ name: String, _ option: String) throws -> FlowColumn {
        let field = try field(name, option)
        guard field.columns.count == 1, let column = field.columns.first else {
            let names = field.columns.map(\.rawValue).joined(separator: " and ")
            throw ValidationError("\(option): \(name) stands for \(names); name one of them")
        }
        return column
    }

    private func list(_ text: String, _ option: String) throws -> [FlowColumn] {
        var columns: [FlowColumn] = []
        for name in text.split(separator: ",", omittingEmptySubsequences: false) {
            let column = try column(name.trimmingCharacters(in: .whitespaces), option)
            guard !columns.contains(column) else {
                throw ValidationError("\(option): \(column.rawValue) stands there twice")
            }
            columns.append(column)
        }
        return columns
    }

    private func number(_ name: String, _ option: String) throws -> FilterField {
        let field = try field(name, option)
        guard case .number = field.kind else { throw ValidationError("\(option): \(name) is no number") }
        return field
    }

    private func order(_ text: String) throws -> FlowQuestion.Order {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.count == 1 || ["asc", "desc"].contains(parts[1].lowercased()) else {
            throw ValidationError("--sort \(text): write COLUMN or COLUMN:desc")
        }
        return .init(
            try column(String(parts[0]), "--sort"), isDescending: parts.count == 2 && parts[1].lowercased() == "desc")
    }

    private func rank(_ text: String) throws -> FlowQuestion.Aggregate {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, let percent = Double(parts[1]), percent >= 0, percent <= 100 else {
            throw ValidationError("--percentile \(text): write FIELD:P with P from 0 to 100, such as bytes:95")
        }
        let field = try field(String(parts[0]), "--percentile")
        switch field.kind {
        case .number, .instant: return .percentile(field, perMille: Int((percent * 10).rounded()))
        case .text, .word, .address:
            throw ValidationError("--percentile \(text): \(parts[0]) is neither number nor time")
        }
    }

    private func step(_ text: String) throws -> Int64 {
        do {
            let seconds = try TimeText.duration(text).components.seconds
            guard seconds > 0 else { throw ValidationError("--series \(text): give a step above 0") }
            return seconds * 1_000_000
        } catch let error as TimeText.ParseError {
            throw ValidationError("--series: \(error)")
        }
    }
}

extension QueryDialect: ExpressibleByArgument {}
