import ArgumentParser
import Host
import Link
import Model
import Records
import Terminal

struct Flows: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Flow records: what each flow did at each interface in each capture window.",
        discussion: "Example: gatehouse flows interface=web-1/eth0 port=443 --since 1h --output csv")

    @OptionGroup var options: FilterOptions
    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let folder = try data.existingFolder()
        let filter = try options.parsed()
        let time = LocalTime(now: .now)
        let store = RevisionStore(folder)
        var known = try store.numbers()
        var catalogue = try store.catalogue(Console.warnUnreadable)
        var completeness = Completeness(filter)
        var writer = ListingWriter(
            FlowListing(host: Machine.hostName, catalogue: catalogue, time: time), output.format, grows: options.follow)
        var tail = SpoolTail(folder: folder.spool)
        let interruption = options.follow ? try Interruption() : nil
        if options.limit == nil {
            try tail.forEach { if let record = completeness.learn($0, catalogue) { writer.add(record) } }
        } else {
            var newest = Newest<FlowRecord>(limit: options.limit)
            try tail.forEach { if let record = completeness.learn($0, catalogue) { newest.add(record) } }
            newest.elements.forEach { writer.add($0) }
        }
        while let interruption {
            writer.flush()
            guard try interruption.pause() else { break }
            if try store.numbers() != known {
                known = try store.numbers()
                catalogue = try store.catalogue(Console.warnUnreadable)
                writer.content = FlowListing(host: Machine.hostName, catalogue: catalogue, time: time)
            }
            try tail.forEach { if let record = completeness.learn($0, catalogue) { writer.add(record) } }
        }
        writer.finish()
        Console.tell(completeness.words(time))
    }
}
