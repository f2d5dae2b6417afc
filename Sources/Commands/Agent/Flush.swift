import ArgumentParser
import Link

struct Flush: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Close the present capture window now: flows, books and collectors then have everything so far.",
        discussion: "Example: gatehouse flush")

    @OptionGroup var data: DataOptions

    func run() throws {
        guard case .done = try AgentClient(data.existingFolder()).ask(.flush) else { throw NotFound.otherVersion }
        print("the capture window is closed")
    }
}
