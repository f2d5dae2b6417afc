import Archive
import Query
import Terminal

/// How complete an answer is, as the last object of JSON and as words.
struct CompletenessFields {
    let completeness: AnswerCompleteness

    private func instant(_ microseconds: Int64?) -> Datum { .text(microseconds.map { AnswerListing.text($0) }) }

    /// What stands under `completeness`.
    var datum: Datum {
        var fields = [
            Field("from", instant(completeness.from)), Field("until", instant(completeness.until)),
            Field("records", .number(completeness.records)),
            Field(
                "covered",
                .list(
                    completeness.covered.map {
                        .object([
                            Field("host", .text($0.host)), Field("start", instant($0.start)),
                            Field("end", instant($0.end)),
                        ])
                    })),
            Field("loss", .list(completeness.loss.map(loss))),
            Field("silent", .texts(completeness.silent)),
            Field(
                "unreadable",
                .list(
                    completeness.unreadable.map {
                        .object([Field("file", .text($0.file)), Field("error", .text($0.error))])
                    })),
            Field("unknown", .object(completeness.unknown.map { Field($0.field, .number($0.count)) })),
        ]
        if completeness.isInterrupted { fields.append(Field("interrupted", .truth(true))) }
        fields.append(Field("complete", .truth(completeness.isComplete)))
        return .object(fields)
    }

    private func loss(_ statement: Statement) -> Datum {
        .object([
            Field("host", .text(statement.host)), Field("interface_id", .text(statement.interface)),
            Field("start", instant(statement.start)), Field("end", instant(statement.end)),
            Field("reason", .text(statement.reason)), Field("records", .number(statement.records)),
            Field("packets", .number(statement.packets)), Field("bytes", .number(statement.bytes)),
        ])
    }

    /// One sentence a fact.
    var words: [String] {
        var words: [String] = []
        let range = [completeness.from, completeness.until].map { $0.map { AnswerListing.text($0) } ?? "-" }
        words.append("\(Wording.count(completeness.records, "record")) from \(range[0]) to \(range[1])")
        for statement in completeness.loss.prefix(10) {
            let place = statement.interface.map { " at \($0)" } ?? ""
            words.append(
                "loss: \(statement.host)\(place), \(AnswerListing.text(statement.start)) to "
                    + "\(AnswerListing.text(statement.end)) (\(statement.reason))")
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
