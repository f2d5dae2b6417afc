import ArgumentParser
import Host
import Link
import Model
import Terminal

struct Attach: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a device an interface's: in the kernel when the command returns.",
        discussion: """
            Binds an interface of the policy, found by instance and name or by its MAC. With --address and --groups it makes
            one that the policy does not name. Both last until detach or until the device is gone, also over restarts and
            over apply. With a control plane it binds the port that is meant by id, name, instance or MAC. Exit code 0 when it is in force, 1 when it is refused and nothing changed.

            Example: gatehouse attach --instance web-1 --device vnet3 --address 10.1.1.10 --groups web,allow_ssh --wait
            """)

    @Option(help: "Name of the instance.")
    var instance: String?

    @Option(help: "Name of its interface.")
    var interface = "eth0"

    @Option(help: "The VPC, where several could be meant.")
    var vpc: String?

    @Option(help: "Name or altname of the device on this host.")
    var device: String

    @Option(help: "The guest's MAC address.")
    var mac: String?

    @Option(help: "An address of the interface, or several with commas; may be repeated.")
    var address: [String] = []

    @Option(help: "Groups, with commas; an empty text for none.")
    var groups: String?

    @Flag(name: .customLong("wait"), help: "Wait for the device: 30 seconds, or as many as follow.")
    var waits = false

    @Argument(help: ArgumentHelp("Seconds of --wait.", valueName: "seconds"))
    var seconds: Int?

    @OptionGroup var data: DataOptions

    func validate() throws {
        if let seconds {
            guard waits else { throw ValidationError("\(seconds): unexpected; seconds follow --wait") }
            guard (0...3600).contains(seconds) else {
                throw ValidationError("--wait \(seconds): give 0 to 3600 seconds")
            }
        }
        _ = try request
    }

    func run() throws {
        let client = AgentClient(data.folder)
        let request = try request
        let patience = waits ? seconds ?? 30 : 0
        let deadline = SystemClock.monotonic + Int64(patience) * 1_000_000_000
        while true {
            switch try client.ask(.attach(request)) {
            case .receipt(let receipt):
                print(
                    "device \(device) attached: revision \(receipt.revision) in force after \(receipt.microseconds) µs")
                return
            case .noDevice(let name):
                guard SystemClock.monotonic < deadline else { throw MissingDevice(name: name) }
                _ = try Polling.wait([], timeoutNanoseconds: 20_000_000)
            default: throw NotFound.otherVersion
            }
        }
    }

    private var request: DeviceAttachRequest {
        get throws {
            DeviceAttachRequest(
                instance: instance, interface: interface, vpc: vpc, device: device,
                mac: try mac.map { text in
                    guard let mac = MACAddress(text) else {
                        throw ValidationError("--mac \(text): write six pairs of digits, as 02:00:0a:01:01:0a")
                    }
                    return mac
                },
                addresses: try address.flatMap { $0.split(separator: ",") }.map { text in
                    guard let address = IPAddress(String(text)) else {
                        throw ValidationError("--address \(text): write one as 10.1.1.10 or fd00:1::10")
                    }
                    return address
                }, groups: groups.map { $0.split(separator: ",").map(String.init) })
        }
    }
}

struct Detach: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Take an interface's device away from it.",
        discussion: """
            The device is refused everything until it is gone or attached again; an interface that attach made is gone.

            Example: gatehouse detach --instance web-1 --interface eth0
            """)

    @Option(help: "Name of the instance.")
    var instance: String

    @Option(help: "Name of its interface.")
    var interface = "eth0"

    @Option(help: "The VPC, where several could be meant.")
    var vpc: String?

    @OptionGroup var data: DataOptions

    func run() throws {
        let request = ControlRequest.detach(instance: instance, interface: interface, vpc: vpc)
        guard case .receipt(let receipt) = try AgentClient(data.folder).ask(request) else {
            throw NotFound.otherVersion
        }
        print("\(instance)/\(interface) detached: revision \(receipt.revision) in force")
    }
}

/// A device that was waited for in vain.
struct MissingDevice: Error, CustomStringConvertible {
    let name: String
    var description: String { "there is no device \(name) on this host: nothing was changed; --wait waits for it" }
}
