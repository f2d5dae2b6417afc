package import Link
package import Model

/// Makes devices of containers and machines interfaces', by the agent of this host.
package struct Attacher: Sendable {
    package let client: AgentClient

    package init(_ folder: DataFolder) { client = AgentClient(folder) }

    /// Who a device belongs to, in the words of its engine.
    package struct Guest: Hashable, Sendable {
        package var instance: String
        /// nil where its labels say none.
        package var vpc: String?
        /// nil where its labels say none.
        package var groups: [String]?

        package init(instance: String, vpc: String? = nil, groups: [String]? = nil) {
            self.instance = instance
            self.vpc = vpc
            self.groups = groups
        }

        /// Whether the engine's own words say that it is to be judged.
        package var isDescribed: Bool { vpc != nil || groups != nil }
    }

    package enum Outcome: Equatable, Sendable {
        /// The kernel judges it.
        case inForce
        /// The same, by the groups of the policy: those that were asked for are not used.
        case inForceByPolicy(groups: [String])
        /// Neither its labels nor the policy say anything of it.
        case undescribed
    }

    /// Attaches a device. An interface of the policy with that MAC or name is bound, by the groups that the policy gives it.
    ///
    /// - Throws: `AgentClient.Failure` where the agent is away or refuses; nothing is changed then.
    package func attach(
        _ guest: Guest, interface: String, device: String, mac: MACAddress?, addresses: [IPAddress]
    ) throws -> Outcome {
        var request = DeviceAttachRequest(
            instance: guest.instance, interface: interface, vpc: guest.vpc, device: device, mac: mac,
            addresses: addresses, groups: guest.groups)
        guard let groups = guest.groups else {
            guard try concerns(guest, mac: mac) else { return .undescribed }
            try ask(request)
            return .inForce
        }
        do {
            try ask(request)
            return .inForce
        } catch AgentClient.Failure.refused(let words) {
            // The policy's own word on an interface of its own is law; only what attach made has the groups asked for.
            let present = try known(guest.instance, mac).first {
                $0.isMade == false
                    && ($0.interface == "\(guest.instance)/\(interface)" || (mac != nil && $0.mac == mac))
                    && ($0.device == nil || $0.device == device) && $0.groups != groups
            }
            guard let present else { throw AgentClient.Failure.refused(words) }
            request.groups = nil
            try ask(request)
            return .inForceByPolicy(groups: present.groups)
        }
    }

    private func ask(_ request: DeviceAttachRequest) throws {
        switch try client.ask(.attach(request)) {
        case .receipt: return
        case .noDevice(let name): throw AttachFailure.noDevice(name)
        default: throw AttachFailure.otherVersion
        }
    }

    /// Whether somebody said that it is to be judged: its own words, or the policy.
    package func concerns(_ guest: Guest, mac: MACAddress? = nil) throws -> Bool {
        try guest.isDescribed || !known(guest.instance, mac).isEmpty
    }

    /// Interfaces of the instance, or with the MAC.
    private func known(_ instance: String, _ mac: MACAddress?) throws -> [InterfaceState] {
        try interfaces().filter { $0.interface.hasPrefix(instance + "/") || (mac != nil && $0.mac == mac) }
    }

    /// Takes a device away from its interface; it is no error where it has none any more.
    package func detach(device: String) throws {
        guard let state = try interfaces().first(where: { $0.device == device && !$0.interface.isEmpty }),
            let slash = state.interface.lastIndex(of: "/")
        else { return }
        do {
            _ = try client.ask(
                .detach(
                    instance: String(state.interface[..<slash]),
                    interface: String(state.interface[state.interface.index(after: slash)...]), vpc: state.vpc))
        } catch AgentClient.Failure.refused(let words) {
            // It went with its device meanwhile, or a policy file names the device itself.
            guard try interfaces().contains(where: { $0.device == device && $0.isAttachedStill(state) }) else { return }
            throw AgentClient.Failure.refused(words)
        }
    }

    /// Every interface of the policy as it is here.
    package func interfaces() throws -> [InterfaceState] {
        guard case .interfaces(let states) = try client.ask(.interfaces) else { throw AttachFailure.otherVersion }
        return states
    }
}

extension InterfaceState {
    fileprivate func isAttachedStill(_ former: InterfaceState) -> Bool {
        (interface, vpc) == (former.interface, former.vpc)
    }
}

package enum AttachFailure: Error, Equatable, CustomStringConvertible {
    case noDevice(String)
    case otherVersion

    package var description: String {
        switch self {
        case .noDevice(let name): "device \(name) is gone again"
        case .otherVersion: "the agent answered something else: it is of another version; start it anew, its rules stay"
        }
    }
}
