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
        do {
            return try words(limit: limit).question(filter, since: since, until: until)
        } catch {
            throw ValidationError("--\(error)")
        }
    }

    /// The same in words.
    func words(limit: Int?) -> QuestionWords {
        var words = QuestionWords()
        words.columns = columns.map(Self.list)
        words.sort = sort
        words.by = by.map(Self.list) ?? []
        (words.top, words.limit, words.series) = (top, limit, series)
        (words.sum, words.distinct, words.percentile) = (sum, distinct, percentile)
        words.isCounted = count
        return words
    }

    private static func list(_ text: String) -> [String] {
        text.split(separator: ",", omittingEmptySubsequences: false).map { $0.trimmingCharacters(in: .whitespaces) }
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
}

extension QueryDialect: ExpressibleByArgument {}
