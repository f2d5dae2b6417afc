import Archive
import Query
import Records
import Terminal

/// Writes an answer about flows, and how complete it is.
struct AnswerWriter {
    let question: FlowQuestion
    /// nil is a Parquet file.
    let format: OutputFormat?
    /// Where a Parquet file goes; nil is standard output.
    let file: String?

    /// Writes the answer; `source` is where the files are that could not be read.
    func write(_ answer: FlowAnswer, from source: String) throws {
        for file in answer.completeness.unreadable {
            let place = file.file.hasPrefix("/") || source.isEmpty ? file.file : "\(source)/\(file.file)"
            Console.tell("gatehouse: \(place): \(file.error)")
        }
        guard let format else { return try AnswerParquet.write(answer, to: file) }
        let last = Field("completeness", answer.completeness.datum)
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
            for words in CompletenessWords(completeness: answer.completeness).sentences { Console.tell(words) }
        }
    }

    private func flush(_ line: inout ByteLine) {
        guard line.count >= 1 << 16 else { return }
        Console.write(line.bytes)
        line.removeAll()
    }

    /// A table leaves out columns without any value, unless they were asked for.
    private func shownPlaces(_ answer: FlowAnswer) -> [Int] {
        guard format == .table, !question.isGrouped, question.columns == nil else { return Array(answer.names.indices) }
        return answer.names.indices.filter { place in answer.rows.contains { $0[place] != .absent } }
    }

    private func shownNames(_ answer: FlowAnswer) -> [String] { shownPlaces(answer).map { answer.names[$0] } }
}
