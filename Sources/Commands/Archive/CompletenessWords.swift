import Archive
import Query
import Records
import Terminal

/// How complete an answer is, in words.
struct CompletenessWords {
    let completeness: AnswerCompleteness

    /// One sentence a fact.
    var sentences: [String] {
        var words: [String] = []
        let range = [completeness.from, completeness.until].map { $0.map { AnswerValue.text($0) } ?? "-" }
        words.append("\(Wording.count(completeness.records, "record")) from \(range[0]) to \(range[1])")
        for statement in completeness.loss.prefix(10) {
            let place = statement.interface.map { " at \($0)" } ?? ""
            words.append(
                "loss: \(statement.host)\(place), \(AnswerValue.text(statement.start)) to "
                    + "\(AnswerValue.text(statement.end)) (\(statement.reason))")
        }
        if completeness.loss.count > 10 { words.append("\(completeness.loss.count - 10) further losses") }
        for file in completeness.unreadable { words.append("unreadable: \(file.file): \(file.error)") }
        for (field, count) in completeness.unknown {
            words.append("\(field) is not known of \(Wording.count(count, "record"))")
        }
        if completeness.isInterrupted { words.append("interrupted: the answer is of a part") }
        words.append(completeness.isComplete ? "complete" : "not complete")
        return words
    }
}
