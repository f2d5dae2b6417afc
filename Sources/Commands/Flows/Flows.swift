import Archive
import ArgumentParser
import Host
import Link
import Model
import Query
import Records
import Spools
import Terminal

struct Flows: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Flow records: what each flow did at each interface in each capture window.",
        discussion: """
            Example: gatehouse flows interface=web-1/eth0 port=443 --since 1h --output csv
            With --server the records of all hosts that a control plane has are asked, those of the token's project; for
            administrators and auditors of all projects.

            Example: gatehouse flows --archive DIR "action = drop and dst in 10.0.0.0/8" --by src --sum packets --top 10
            """)

    @OptionGroup var options: FlowFilterOptions
    @OptionGroup(title: "Options of archives") var archive: ArchiveOptions
    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: "How to write the answer: table, json, jsonl, csv, yaml; of an archive also parquet.")
    var output = FlowOutput.table

    @Option(help: "The file for --output parquet; else it goes to standard output.")
    var to: String?

    @OptionGroup var data: DataOptions

    @Option(help: "https://NAME:PORT of a control plane, whose records are asked.")
    var server: String?

    @OptionGroup var access: AccessOptions

    func validate() throws {
        if let server {
            try access.check(Setting(name: "--server", value: server))
            for (option, isGiven) in [
                ("--archive", archive.archive != nil), ("--sql", archive.sql != nil),
                ("--follow", options.range.follow),
            ] where isGiven {
                throw ValidationError("--server and \(option): leave one of them out")
            }
        }
        if archive.archive != nil, options.range.follow {
            throw ValidationError("--follow and --archive: what comes is this host's; give one of them")
        }
        if archive.isUsed, options.range.follow {
            throw ValidationError("--follow: groups, sums and orders are of what is there; leave it out")
        }
        if to != nil, output != .parquet { throw ValidationError("--to: it goes with --output parquet") }
    }

    func run() throws {
        if let dialect = archive.sql {
            print(try archive.statement(try question(), dialect))
        } else if let server {
            let (since, until) = try options.microseconds()
            let words = archive.words(limit: options.limit)
            let asked = RemoteQuestion(words: words, filter: options.filter, since: since, until: until)
            let client = try access.client(Setting(name: "--server", value: server))
            let question = try question()
            let answer = try Waiting.value { try await asked.ask(client, question) }
            try writer(question).write(answer, from: server)
            if archive.requireComplete, !answer.completeness.isComplete { throw ExitCode.no }
        } else if archive.archive != nil || archive.isUsed || output == .parquet {
            let folder = archive.archive.map { ArchiveFolder($0) }
            try ArchiveQuestion(
                folder: folder, spools: try spools(folder), writer: writer(try question()), options: archive
            ).run()
        } else {
            try runOnSpool()
        }
    }

    /// This host's spool, where it is asked: with an archive, where its records come into that one.
    private func spools(_ archive: ArchiveFolder?) throws -> [SpoolSource] {
        if let archive {
            guard try HostProgress.all(archive)[Machine.hostName] != nil, DurableFile.exists(data.folder.spool) else {
                return []
            }
        }
        let folder = try data.existingFolder()
        let catalogue = try RevisionStore(folder).catalogue(Console.warnUnreadable)
        return [SpoolSource(host: Machine.hostName, path: folder.spool, catalogue: catalogue)]
    }

    private func writer(_ question: FlowQuestion) -> AnswerWriter {
        AnswerWriter(question: question, format: output.listing, file: to)
    }

    private func question() throws -> FlowQuestion {
        let (since, until) = try options.microseconds()
        return try archive.question(try options.expression(), since: since, until: until, limit: options.limit)
    }

    private func runOnSpool() throws {
        let folder = try data.existingFolder()
        let filter = try options.live()
        let time = LocalTime(now: .now)
        let store = RevisionStore(folder)
        var known = try store.numbers()
        var catalogue = try store.catalogue(Console.warnUnreadable)
        var completeness = Completeness(filter.record)
        var peers = PeerIndex(catalogue)
        var writer = ListingWriter(
            FlowListing(host: Machine.hostName, catalogue: catalogue, time: time), output.listing ?? .table,
            grows: options.range.follow)
        var tail = SpoolTail(folder: folder.spool)
        let interruption = options.range.follow ? try Interruption() : nil
        func wanted(_ item: SpoolItem) -> FlowRecord? {
            guard let record = completeness.learn(item, catalogue),
                filter.matches(record, host: Machine.hostName, catalogue: catalogue, peers: peers)
            else { return nil }
            return record
        }
        if options.limit == nil {
            try tail.forEach { if let record = wanted($0) { writer.add(record) } }
        } else {
            var newest = Newest<FlowRecord>(limit: options.limit)
            try tail.forEach { if let record = wanted($0) { newest.add(record) } }
            newest.elements.forEach { writer.add($0) }
        }
        while let interruption {
            writer.flush()
            guard try interruption.pause() else { break }
            if try store.numbers() != known {
                known = try store.numbers()
                catalogue = try store.catalogue(Console.warnUnreadable)
                peers = PeerIndex(catalogue)
                writer.content = FlowListing(host: Machine.hostName, catalogue: catalogue, time: time)
            }
            try tail.forEach { if let record = wanted($0) { writer.add(record) } }
        }
        writer.finish()
        Console.tell(completeness.words(time))
    }
}
