import Agent
import ArgumentParser
import Host
import Link

/// The only program of Gatehouse that changes the kernel.
@main struct GatehouseAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gatehouse-agent",
        abstract: "Enforces the host's policy in the kernel and records what it decides.",
        discussion: """
            The last good revision in the data folder goes into the kernel before anything else. SIGTERM and Ctrl-C write
            what is recorded and end the agent; the rules stay in the kernel. SIGHUP opens the event logs anew.

            Example: gatehouse-agent --data /var/lib/gatehouse
            """)

    @Option(help: "The folder of revisions, records, event logs and the control socket.")
    var data = ChildProcess.inheritedEnvironment()["GATEHOUSE_DATA"] ?? "/var/lib/gatehouse"

    @Option(help: "Length of a capture window in seconds, 1 to 600.")
    var window = 60

    @Option(help: "Lines a second that the event logs take; what is beyond is counted in summary lines.")
    var eventRate = 20_000

    @Flag(inversion: .prefixedNo, help: "Put the rules into the kernel.")
    var enforce = true

    @Flag(inversion: .prefixedNo, help: "Set routes, proxying and forwarding up for the devices.")
    var connect = true

    func validate() throws {
        guard (1...600).contains(window) else {
            throw ValidationError("--window \(window): a capture window has 1 to 600 seconds; give a number within")
        }
        guard eventRate > 0 else { throw ValidationError("--event-rate \(eventRate): give a number above zero") }
    }

    func run() throws {
        guard Machine.userID == 0 || !enforce else { throw AgentError.notRoot }
        let signals = try SignalDescriptor(SignalDescriptor.endings + [SignalDescriptor.hangUp])
        var configuration = AgentConfiguration(folder: DataFolder(data))
        configuration.window = .seconds(window)
        configuration.eventsPerSecond = eventRate
        configuration.enforces = enforce
        configuration.connectsDevices = connect
        try Agent(configuration, inherited: DescriptorStore.inherited(), store: DescriptorStore()).run(signals: signals)
    }
}
