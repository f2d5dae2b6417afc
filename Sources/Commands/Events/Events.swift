import ArgumentParser
import Host
import Link
import Model
import Records
import Terminal

struct Events: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "New sessions, accepted and refused, each with the rule that decided.",
        discussion: """
            With --follow the last ten come first, or those since --since, or so many as --limit says.

            Example: gatehouse events action=drop dst=10.1.3.0/24 --since 15m --follow
            """)

    @OptionGroup var options: FilterOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let path = try data.existingFolder().eventsJSON
        let filter = try options.parsed()
        var tail = try FileTail(path, from: .beginning)
        var writer = ListingWriter(
            EventListing(time: LocalTime(now: .now)), output.format, grows: options.range.follow)
        var unreadable = UnreadableLines()
        let interruption = options.range.follow ? try Interruption() : nil
        if let limit = limit {
            var newest: [EventLine] = []
            try tail.forEachLineBackwards { line in
                unreadable.read(line, filter) { newest.append($0) }
                return newest.count < limit
            }
            newest.reversed().forEach { writer.add($0) }
        } else {
            try tail.forEachLine { unreadable.read($0, filter) { writer.add($0) } }
        }
        while let interruption {
            writer.flush()
            guard try interruption.pause() else { break }
            try tail.forEachLine { unreadable.read($0, filter) { writer.add($0) } }
        }
        writer.finish()
        if let words = unreadable.words { Console.tell("\(path): \(words)") }
    }

    /// How many of those that are there are shown: who follows begins with the last ten.
    private var limit: Int? {
        options.limit ?? (options.range.follow && options.range.since == nil ? Self.usualBefore : nil)
    }

    private static let usualBefore = 10
}

/// Lines of the log that are no events: counted, with what is wrong with the first.
struct UnreadableLines {
    private var count = 0
    private var first: any Error = EventLineError.missing(key: "time")

    /// Reads a line, and hands it on where it is wanted.
    mutating func read(_ bytes: ArraySlice<UInt8>, _ filter: RecordFilter, _ body: (EventLine) -> Void) {
        do {
            let line = try EventLine(reading: bytes)
            if line.matches(filter) { body(line) }
        } catch {
            if count == 0 { first = error }
            count += 1
        }
    }

    /// What to say of them; nil where there are none.
    var words: String? {
        guard count > 0 else { return nil }
        let verb = count == 1 ? "is" : "are"
        return "\(Wording.count(count, "line")) could not be read and \(verb) not shown; the first: \(first)"
    }
}
