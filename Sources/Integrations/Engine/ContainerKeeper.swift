import Host
import Link
import Model

/// Sees to it that containers' devices are interfaces', and remembers which it made so.
///
/// It works by what is, not by what happened: `settle` looks at one container and does what its present state asks for, so that
/// an event that comes twice, late or not at all makes no difference to where it ends.
struct ContainerKeeper {
    private struct Port: Hashable {
        let interface: String
        let device: String
        let number: UInt32
        let instance: String
    }

    private let engine: EngineAPI
    private let attacher: Attacher
    private let tell: (String) -> Void
    private var ports: [String: Set<Port>] = [:]
    /// What stands in the way, by container.
    private(set) var problems: [String: String] = [:]
    private var told: [String: String] = [:]

    /// How long a device may take to become a bridge's port: an engine adds it, sets it up, and then puts it there.
    private static let patienceNanoseconds: Int64 = 2_000_000_000

    init(_ engine: EngineAPI, _ attacher: Attacher, tell: @escaping (String) -> Void) {
        self.engine = engine
        self.attacher = attacher
        self.tell = tell
    }

    /// Containers that something is remembered of.
    var known: Set<String> { Set(ports.keys).union(problems.keys) }

    /// Does what the container's present state asks for.
    ///
    /// - Throws: where the engine does not answer; what the agent refuses, or that it is away, stands in `problems`.
    mutating func settle(_ id: String) throws {
        var name = id.prefix(12).description
        do {
            let container = try engine.container(id)
            name = container?.name ?? name
            guard let container, container.isRunning else {
                try release(id, but: [])
                forget(id)
                return
            }
            try keep(container)
            forget(id)
        } catch let error as EngineError {
            throw error
        } catch {
            problems[id] = "container \(name): NOT ENFORCED: \(error)"
            if told[id] != problems[id] { tell(problems[id] ?? "") }
            told[id] = problems[id]
        }
    }

    private mutating func forget(_ id: String) {
        if problems.removeValue(forKey: id) != nil, ports[id] != nil {
            tell("container \(id.prefix(12)): now attached")
        }
        told[id] = nil
    }

    private mutating func keep(_ container: Container) throws {
        let guest = container.guest
        let network = GuestNetwork(process: container.process)
        if container.networkMode.hasPrefix("container:") {
            // Its devices are the other one's, by whose labels they are judged.
            guard !guest.isDescribed else { throw ContainerFault.sharesContainer(container.networkMode) }
            return try release(container.id, but: [])
        }
        guard try !network.isOurs else {
            guard try !attacher.concerns(guest) else { throw ContainerFault.sharesHost }
            return try release(container.id, but: [])
        }
        let devices = try settledDevices(network)
        var wanted: Set<Port> = []
        var fault: (any Error)?
        for device in devices {
            guard case .device(let name, let number, _) = device.host else { continue }
            wanted.insert(Port(interface: device.interface, device: name, number: number, instance: container.name))
        }
        // First what goes, so that a new name finds its device free.
        try release(container.id, but: wanted)
        for device in devices {
            do { try keep(device, of: guest, container) } catch { fault = fault ?? error }
        }
        if let fault { throw fault }
    }

    private mutating func keep(_ device: GuestDevice, of guest: Attacher.Guest, _ container: Container) throws {
        switch device.host {
        case .none(let what):
            guard try attacher.concerns(guest, mac: device.mac) else { return }
            throw ContainerFault.notJudgeable(device.interface, what)
        case .device(let name, let number, let bridge):
            if bridge == 0, try attacher.concerns(guest, mac: device.mac) {
                throw ContainerFault.noBridge(device.interface, name)
            }
            let port = Port(interface: device.interface, device: name, number: number, instance: container.name)
            let isNew = !(ports[container.id]?.contains(port) ?? false)
            let outcome = try attacher.attach(
                guest, interface: device.interface, device: name, mac: device.mac, addresses: device.addresses)
            switch outcome {
            case .undescribed: return
            case .inForce:
                if isNew { tell("container \(container.name): \(device.interface) is judged, by device \(name)") }
            case .inForceByPolicy(let groups):
                if isNew {
                    tell(
                        "container \(container.name): \(device.interface) is judged, by device \(name) and the policy's groups "
                            + "\(groups.joined(separator: ", ")); its labels' are not used")
                }
            }
            ports[container.id, default: []].insert(port)
        }
    }

    /// The container's devices, once each veth is a bridge's port, or time is over.
    private func settledDevices(_ network: GuestNetwork) throws -> [GuestDevice] {
        let deadline = SystemClock.monotonic + Self.patienceNanoseconds
        while true {
            let devices = try network.devices()
            let isWaiting = devices.contains { if case .device(_, _, 0) = $0.host { true } else { false } }
            guard isWaiting, SystemClock.monotonic < deadline else { return devices }
            _ = try Polling.wait([], timeoutNanoseconds: 5_000_000)
        }
    }

    private mutating func release(_ id: String, but wanted: Set<Port>) throws {
        for port in (ports[id] ?? []).subtracting(wanted) {
            // A device that is gone, or another's of its name, the agent has let go by itself.
            if NetworkDevices.numbers()[port.device] == port.number { try attacher.detach(device: port.device) }
            ports[id]?.remove(port)
        }
        if ports[id]?.isEmpty ?? false { ports[id] = nil }
    }
}

/// Why a container that is described cannot be judged.
enum ContainerFault: Error, CustomStringConvertible {
    case sharesHost
    case sharesContainer(String)
    case notJudgeable(String, String)
    case noBridge(String, String)

    var description: String {
        switch self {
        case .sharesHost: "it shares the host's network; give it a network of its own"
        case .sharesContainer(let mode):
            "it shares the network of \(mode): put the labels there"
        case .notJudgeable(let interface, let what):
            "\(interface) is \(what), whose traffic cannot be judged here; use a network of a bridge"
        case .noBridge(let interface, let device):
            "\(interface) is \(device) here, which is no port of a bridge; use a network of a bridge"
        }
    }
}
