import Model

/// `jsonl`: one JSON object a line, with all that is known of a record.
struct JSONLinesFormat: ObjectFormat {
    let name = "jsonl"
    let summary = "all that is known, a record a line"
    let columns: ObjectColumns? = nil
    let parts = [FlowObjectFormat.Part.all]
    let keyPrefix = JSONObjectKey.prefix
    let namesPeers = true

    func place(key: String) -> FlowObjectPlace? { FlowObjectPlace(folders: key) }

    func content(_ subject: ObjectSubject) -> any ObjectContent {
        guard let json = subject.json else { preconditionFailure("names that were made for other formats") }
        return Content(
            subject: subject,
            log: JSONFlowLog(collector: subject.collector, placement: subject.placement, json: json))
    }

    private struct Content: ObjectContent {
        let subject: ObjectSubject
        let log: JSONFlowLog

        func key(_ part: FlowObjectFormat.Part, end: Timestamp, stream: Timestamp, counter: Int) -> String {
            JSONObjectKey(
                placement: subject.placement, region: subject.region, end: end, stream: stream, counter: counter
            ).description
        }

        func append(
            _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
        ) -> [(name: String, value: String)] {
            log.append(records, start: start, end: end, hasLoss: hasLoss, to: &line)
        }
    }
}
