import ArgumentParser
import Host
import Link

struct Release: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Let go of a device that is refused everything because it lost its interface.",
        discussion: """
            A device that had an interface, and that the policy names no longer, may neither send nor get anything until it is
            gone, or released: that it is not named may be a mistake. What is released is no longer judged at all.

            Example: gatehouse release tap3
            """)

    @Argument(help: "The device, as `gatehouse status` lists it under held_devices.")
    var device: String

    @OptionGroup var data: DataOptions

    func run() throws {
        guard case .done = try AgentClient(data.folder).ask(.release(device: device)) else {
            throw NotFound.otherVersion
        }
        print("device \(device) released: nothing of it is judged")
    }
}
