import Archive
import Filter
import Foundation
import Model
import Records
import TestSupport
import Testing

@testable import Query

private let readers = ProcessInfo.processInfo.environment["GATEHOUSE_READERS"]

/// The same questions, asked of DuckDB over the same files: `make reader-check`, which names a Python that has it.
@Suite(.enabled(if: readers != nil, "left out: make reader-check names a Python with the engines"))
struct DuckDBTests {
    /// Runs each line as a question and prints its rows, a JSON list a line.
    private static let script = """
        import datetime, json, sys
        import duckdb
        duckdb.sql("SET autoinstall_known_extensions = false; SET autoload_known_extensions = false")
        duckdb.sql(open(sys.argv[1]).read())
        def plain(v):
            if v is None: return None
            if isinstance(v, (bytes, bytearray)): return str(int.from_bytes(v, "big"))
            if isinstance(v, datetime.datetime):
                d = v - datetime.datetime(1970, 1, 1)
                return str((d.days * 86400 + d.seconds) * 1000000 + d.microseconds)
            return str(v)
        for line in open(sys.argv[2]):
            try: print(json.dumps([[plain(v) for v in row] for row in duckdb.sql(line).fetchall()]))
            except Exception as e: print(json.dumps([[str(e), line]]))
        """

    private static func plain(_ value: AnswerValue) -> String? {
        switch value {
        case .absent: nil
        case .text(let text): text
        case .number(let number): "\(number)"
        case .instant(let instant): "\(instant)"
        case .address(let address): "\(UInt128(address))"
        }
    }

    @Test func `DuckDB answers the same`() async throws {
        let python = Program(at: try #require(readers))
        try await withScratchFolder { path in
            let sample = try SampleArchive(path + "/ar", rows: 900, seed: 9)
            var random = SplitMix64(seed: 10)
            var questions: [FlowQuestion] = []
            while questions.count < 400 {
                var question = try AnswerTests.question(&random)
                if random.chance(50) {
                    question.columns = [.id, .initiatorIP, .start, .end, .rule]
                    if let sort = random.pick([nil, FlowColumn.initiatorIP, .bytesFromTarget, .rule, .end]) {
                        question.sort = [.init(sort, isDescending: random.chance(50))]
                    }
                    if random.chance(50) { question.limit = Int(random.next() % 30) }
                } else {
                    question.isCounted = true
                    question.groups = random.pick([
                        [], [.verdict], [.project, .targetPort], [.initiatorIP], [.rule, .interfaceID],
                    ])
                    question.aggregates = random.pick([
                        [], [.sum(.bytes)], [.distinct(.source), .sum(.column(.bytesFromTarget))],
                        [.percentile(.bytes, perMille: 950)],
                        [.distinct(.column(.rule)), .percentile(.column(.start), perMille: 500)],
                    ])
                    if random.chance(30) { question.step = 600_000_000 } else if random.chance(30) { question.top = 4 }
                }
                questions.append(question)
            }
            let statements = questions.compactMap(\.duckDB).map { $0 + "\n" }.joined()
            try write(Array(Connection.duckDB(sample.folder).utf8), to: "\(path)/view.sql")
            try write(Array(statements.utf8), to: "\(path)/questions.sql")
            let result = try python.run(["-c", Self.script, "\(path)/view.sql", "\(path)/questions.sql"])
            try #require(result.status == 0, "\(result.output)")
            let lines = result.output.split(separator: "\n")
            try #require(lines.count == questions.count)
            let answerer = Answerer(sample.folder)
            for (question, line) in zip(questions, lines) {
                let theirs = try JSONDecoder().decode([[String?]].self, from: Data(line.utf8))
                let ours = try answerer.answer(question).rows.map { $0.map(Self.plain) }
                #expect(ours == theirs, "\(question.duckDB ?? "")")
            }
        }
    }
}
