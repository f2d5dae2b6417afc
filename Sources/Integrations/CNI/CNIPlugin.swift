import Host
import Link
import Model

/// A chained CNI plugin: it judges what the plugins before it made, and returns when the rules are in force.
package struct CNIPlugin {
    private let call: CNICall
    private let configuration: CNIConfiguration
    private let attacher: Attacher
    private let notes: CNINotes

    /// The greatest configuration that is read.
    package static let inputLimit = 1 << 20

    /// One call of a runtime.
    ///
    /// - Returns: what goes to standard output, and the exit code.
    package static func answer(environment: [String: String], input: [UInt8]) -> (output: [UInt8], code: Int32) {
        var version = "1.1.0"
        do {
            let call = try CNICall(environment)
            // VERSION has no more than its version in its input.
            if call.command == .version { return (versions, 0) }
            guard input.count <= inputLimit else {
                throw CNIError(.unreadable, "the configuration has more than \(inputLimit) bytes")
            }
            let configuration = try CNIConfiguration(input)
            version = configuration.version
            return (try CNIPlugin(call, configuration).answer(), 0)
        } catch let error as CNIError {
            return (error.json(version: version), 1)
        } catch {
            return (CNIError(.inputOutput, "\(error)").json(version: version), 1)
        }
    }

    private static let versions: [UInt8] = {
        let list = CNIConfiguration.versions.map { "\"\($0)\"" }.joined(separator: ",")
        return Array("{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\(list)]}\n".utf8)
    }()

    private init(_ call: CNICall, _ configuration: CNIConfiguration) {
        self.call = call
        self.configuration = configuration
        attacher = Attacher(configuration.folder)
        notes = CNINotes(configuration.folder)
    }

    private func answer() throws -> [UInt8] {
        switch call.command {
        case .add: return try add()
        case .check: return try check()
        case .delete:
            try delete(call.container, call.interface)
            return []
        case .collect:
            try collect()
            return []
        case .status:
            try asking(else: .notAvailable) { _ = try attacher.client.ask(.status) }
            takeUpLeft()
            return []
        case .version: return Self.versions
        }
    }

    private func add() throws -> [UInt8] {
        let result = try configuration.handedOn()
        let (guestDevice, name, number) = try device()
        let addresses = try configuration.addresses(of: call.interface)
        let outcome = try asking {
            takeUpLeft()
            return try attacher.attach(
                call.guest(configuration), interface: call.interface, device: name, mac: guestDevice.mac,
                addresses: addresses.isEmpty ? guestDevice.addresses : addresses)
        }
        // A pod that nobody described gets what its bridge says of unknown ports.
        if outcome != .undescribed {
            try notes.write(
                .init(
                    network: configuration.name, container: call.container, interface: call.interface, device: name,
                    number: number))
        }
        return result
    }

    /// The container's device, and where it comes out on this host.
    private func device() throws -> (GuestDevice, name: String, number: UInt32) {
        let devices: [GuestDevice]
        do { devices = try GuestNetwork(path: call.network).devices() } catch let error as SystemError {
            throw CNIError(.unknownContainer, "CNI_NETNS \(call.network): \(error.reason)")
        }
        guard let found = devices.first(where: { $0.interface == call.interface }) else {
            throw CNIError(
                .badConfiguration, "\(call.network) has no device \(call.interface)",
                "it has \(devices.map(\.interface).joined(separator: ", "))")
        }
        switch found.host {
        case .device(let name, let number, _): return (found, name, number)
        case .none(let what):
            throw CNIError(
                .refused, "\(call.interface) is \(what), whose traffic cannot be judged here",
                "gatehouse-cni judges what the plugins ptp and bridge make, and others that make veth devices")
        }
    }

    private func check() throws -> [UInt8] {
        _ = try configuration.handedOn()
        guard let note = try notes.read(call.container, call.interface), !note.isLeaving else {
            guard !call.guest(configuration).isDescribed else {
                throw CNIError(.notInForce, "container \(call.container) \(call.interface) was not added")
            }
            return []
        }
        let (_, name, number) = try device()
        guard (name, number) == (note.device, note.number) else {
            throw CNIError(
                .notInForce, "\(call.interface) of \(call.container) comes out of \(name), and \(note.device) was added"
            )
        }
        let state = try asking { try attacher.interfaces().first { $0.device == name && !$0.interface.isEmpty } }
        guard let state, state.isInForce else {
            throw CNIError(
                .notInForce, "\(name) of \(call.container) \(call.interface) is not judged",
                state?.problem ?? "no interface has it")
        }
        return []
    }

    /// Without an agent it succeeds: the note says that somebody is to take it up, and the agent lets go of devices that are gone
    /// by itself.
    private func delete(_ container: String, _ interface: String) throws {
        guard var note = try notes.read(container, interface) else { return }
        note.isLeaving = true
        try notes.write(note)
        takeUpLeft()
    }

    /// Lets go of what is no longer there.
    private func collect() throws {
        let valid = Set(configuration.valid ?? [])
        for var note in try notes.all()
        where note.network == configuration.name
            && !valid.contains(.init(containerID: note.container, ifname: note.interface))
        {
            note.isLeaving = true
            try notes.write(note)
        }
        try asking { _ = try attacher.client.ask(.status) }
        takeUpLeft()
    }

    /// Does what calls before could not, for want of an agent; what fails is tried at the next call.
    private func takeUpLeft() {
        for note in (try? notes.all()) ?? [] where note.isLeaving {
            do {
                // Another device of that name is another's.
                if NetworkDevices.numbers()[note.device] == note.number { try attacher.detach(device: note.device) }
                try notes.remove(note.container, note.interface)
            } catch {
                continue
            }
        }
    }

    /// Asks the agent, and says in CNI's words why it does not do it.
    private func asking<Value>(else away: CNIError.Code = .tryAgain, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch AgentClient.Failure.notRunning(let folder) {
            throw CNIError(
                away, "no agent answers in data folder \(folder)", "start one with `gatehouse up --data \(folder)`")
        } catch AgentClient.Failure.refused(let words) {
            throw CNIError(.refused, "the agent refuses \(call.guest(configuration).instance)/\(call.interface)", words)
        }
    }
}
