import Archive
import ArgumentParser
import Filter
import Foundation
import Host
import Query
import Records
import Synchronization
import Terminal

/// Asks an archive and spools, and writes the answer.
struct ArchiveQuestion {
    /// nil where spools alone are asked.
    let folder: ArchiveFolder?
    let spools: [SpoolSource]
    let question: FlowQuestion
    /// nil is a Parquet file.
    let format: OutputFormat?
    /// Where a Parquet file goes; nil is standard output.
    let file: String?
    let options: ArchiveOptions

    func run() throws {
        if let folder, !folder.exists {
            throw NotFound(
                "archive \(folder.path): there is none; make one with `gatehouse import --archive \(folder.path) FILE`")
        }
        let watch = try Watch()
        let answerer = Answerer(folder, spools: spools)
        var answer: Answer?
        for run in 1...options.repetitions where answer == nil || !watch.isOver {
            let start = SystemClock.monotonic
            answer = try answerer.answer(question) { watch.isOver }
            guard options.timing else { continue }
            let milliseconds = Double(SystemClock.monotonic - start) / 1e6
            Console.tell("run \(run): \(String(format: "%.3f", milliseconds)) ms")
        }
        guard let answer else { return }
        try write(answer)
        if answer.completeness.isInterrupted { throw ExitCode(130) }
        if options.requireComplete, !answer.completeness.isComplete { throw ExitCode.no }
    }

    private func write(_ answer: Answer) throws {
        let completeness = CompletenessFields(completeness: answer.completeness)
        for file in answer.completeness.unreadable {
            let place = file.file.hasPrefix("/") ? file.file : "\(folder.map { $0.path + "/" } ?? "")\(file.file)"
            Console.tell("gatehouse: \(place): \(file.error)")
        }
        guard let format else { return try AnswerParquet.write(answer, to: file) }
        let last = Field("completeness", completeness.datum)
        var line = ByteLine()
        switch format {
        case .json:
            // The rows and what is said of them are one array.
            line.append("[")
            for row in answer.rows {
                line.append(jsonObject: AnswerListing(answer.names).fields(row))
                line.append(",\n")
                flush(&line)
            }
            line.append(jsonObject: [last])
            line.append("]\n")
            Console.write(line.bytes)
        case .jsonl, .yaml:
            var writer = ListingWriter(AnswerListing(answer.names), format)
            answer.rows.forEach { writer.add($0) }
            writer.flush()
            if format == .jsonl {
                line.append(jsonObject: [last])
                line.append("\n")
            } else {
                line.append(yaml: [last], isItem: true)
            }
            Console.write(line.bytes)
        case .csv, .table:
            var writer = ListingWriter(AnswerListing(shownNames(answer)), format)
            let shown = shownPlaces(answer)
            for row in answer.rows { writer.add(shown.map { row[$0] }) }
            writer.finish()
            for words in completeness.words { Console.tell(words) }
        }
    }

    private func flush(_ line: inout ByteLine) {
        guard line.count >= 1 << 16 else { return }
        Console.write(line.bytes)
        line.removeAll()
    }

    /// A table leaves out columns without any value, unless they were asked for.
    private func shownPlaces(_ answer: Answer) -> [Int] {
        guard format == .table, !question.isGrouped, question.columns == nil else { return Array(answer.names.indices) }
        return answer.names.indices.filter { place in answer.rows.contains { $0[place] != .absent } }
    }

    private func shownNames(_ answer: Answer) -> [String] { shownPlaces(answer).map { answer.names[$0] } }
}

/// Ctrl-C, looked for between two pieces of work.
private final class Watch: Sendable {
    private let interruption: Interruption
    private let hasEnded = Atomic<Bool>(false)

    init() throws { interruption = try Interruption() }

    var isOver: Bool {
        if hasEnded.load(ordering: .relaxed) { return true }
        // A descriptor that cannot be asked ends nothing.
        guard (try? interruption.pause(milliseconds: 0)) == false else { return false }
        hasEnded.store(true, ordering: .relaxed)
        return true
    }
}
