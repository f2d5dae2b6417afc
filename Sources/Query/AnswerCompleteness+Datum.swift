import Archive
package import Records

extension AnswerCompleteness {
    private func instant(_ microseconds: Int64?) -> Datum { .text(microseconds.map { AnswerValue.text($0) }) }

    /// What stands under `completeness` in an answer.
    package var datum: Datum {
        var fields = [
            Field("from", instant(from)), Field("until", instant(until)),
            Field("records", .number(records)),
            Field(
                "covered",
                .list(
                    covered.map {
                        .object([
                            Field("host", .text($0.host)), Field("start", instant($0.start)),
                            Field("end", instant($0.end)),
                        ])
                    })),
            Field("loss", .list(loss.map(loss))),
            Field("silent", .texts(silent)),
            Field(
                "unreadable",
                .list(
                    unreadable.map {
                        .object([Field("file", .text($0.file)), Field("error", .text($0.error))])
                    })),
            Field("unknown", .object(unknown.map { Field($0.field, .number($0.count)) })),
        ]
        if isInterrupted { fields.append(Field("interrupted", .truth(true))) }
        fields.append(Field("complete", .truth(isComplete)))
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
}
