import Host
import Link
import Model

/// The sources of one sink, asked in turn, so that none keeps another waiting.
struct SinkSources {
    struct Loss {
        let words: String
        let count: UInt64
    }

    private var events: EventSource?
    private var flows: SpoolSource?
    private var findings: SpoolSource?
    private var audit: RevisionSource?
    private var letters: LetterSource?
    private var order: [SinkSource] = []
    private var lettersPath = ""

    init() {}

    init(_ sink: Sink, _ data: DataFolder, _ files: SinkFiles, _ cursor: SinkCursor) {
        order = sink.sources
        for source in sink.sources {
            switch source {
            case .events: events = cursor.events.map { EventSource(data.eventsJSON, from: $0) }
            case .flows: flows = cursor.flows.map { SpoolSource(folder: data.spool, findings: false, from: $0) }
            case .findings: findings = cursor.findings.map { SpoolSource(folder: data.spool, findings: true, from: $0) }
            case .audit: audit = cursor.audit.map { RevisionSource(data, after: $0) }
            }
        }
        lettersPath = files.replay
        letters = LetterSource(files.replay, from: cursor.letters)
    }

    /// The next records of a source that has some; nil where none has.
    mutating func next(_ names: SinkNames) throws -> (batch: RecordBatch?, losses: [Loss])? {
        if let batch = try letters?.next() { return (batch, []) }
        for _ in order.indices {
            let source = order.removeFirst()
            order.append(source)
            switch source {
            case .events:
                if let read = try events?.next() {
                    return (read.batch, read.gone.map { [Loss(words: $0, count: 0)] } ?? [])
                }
            case .flows:
                if let read = try flows?.next(names) {
                    return (read.batch, Self.losses(read.gone, "flow records"))
                }
            case .findings:
                if let read = try findings?.next(names) { return (read.batch, Self.losses(read.gone, "findings")) }
            case .audit:
                if let read = try audit?.next(names) {
                    return (read.batch, read.gone.map { [Loss(words: $0, count: 1)] } ?? [])
                }
            }
        }
        return nil
    }

    /// All dead letters were sent, and their file is gone.
    mutating func forgetLetters() { letters = LetterSource(lettersPath, from: 0) }

    private static func losses(_ count: UInt64, _ what: String) -> [Loss] {
        count == 0 ? [] : [Loss(words: "\(count) \(what) went to make room before they were read", count: count)]
    }
}
