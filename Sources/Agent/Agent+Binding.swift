import Host
import Link
import Model
import Netlink

/// Devices attached under a control plane: the port that is meant is bound there, and what it then says is enforced.
///
/// The agent does not wait for the control plane. It answers that it has asked, and whoever asked asks again, until the port is in
/// force here or was refused.
extension Agent {
    func attachGoverned(_ request: DeviceAttachRequest) throws -> ControlResponse {
        guard let binder = configuration.binder else { throw AgentError.governed }
        try listen()
        guard let device = devices.device(request.device) else { return .noDevice(request.device) }
        let attachment = try devices.attachment(
            of: device, gateways: configuration.gateways(of: revision.policy), path: managementPath)
        if case .notEnforceable(let reason) = attachment, binding.devices.values.allSatisfy({ $0.name != device.name })
        {
            throw AttachFault.notEnforced("\(device.name): \(reason.words(device.name))")
        }
        let wanted = PortBindingRequest(
            instance: request.instance, interface: request.interface, vpc: request.vpc, mac: request.mac,
            device: device.name)
        return try answer(binder, wanted) { port in
            guard let interface = revision.policy.interface(ofPort: port) else { return false }
            if let asked = Self.difference(request, interface) {
                throw AttachFault.differs(port, what: asked.what, said: asked.said, asked: asked.asked)
            }
            if let unfit = binding.notEnforced[interface.id] {
                throw AttachFault.notEnforced(unfit.reason.words(unfit.device.name))
            }
            return binding.devices[interface.id]?.name == device.name
        }
    }

    func detachGoverned(instance: String, interface: String, vpc: String?) throws -> ControlResponse {
        guard let binder = configuration.binder else { throw AgentError.governed }
        let wanted = PortBindingRequest(instance: instance, interface: interface, vpc: vpc, mac: nil, device: nil)
        return try answer(binder, wanted) { revision.policy.interface(ofPort: $0) == nil }
    }

    private func answer(
        _ binder: PortBinder, _ wanted: PortBindingRequest, isInForce: (String) throws -> Bool
    ) throws -> ControlResponse {
        do {
            switch binder.outcome(of: wanted) {
            case .waits: return .waiting
            case .refused(let words): throw BindingRefused(words: words)
            case .done(let port):
                guard try isInForce(port), let receipt = state.receipt else { return .waiting }
                binder.forget(wanted)
                return .receipt(receipt)
            }
        } catch {
            binder.forget(wanted)
            throw error
        }
    }

    /// What a request says of an interface must be what the control plane says.
    private static func difference(
        _ request: DeviceAttachRequest, _ interface: Interface
    ) -> (what: String, said: String, asked: String)? {
        let (said, asked) = (interface.addresses.map(\.description), request.addresses.map(\.description))
        if !asked.isEmpty, Set(said) != Set(asked) {
            return ("addresses", said.joined(separator: ", "), asked.joined(separator: ", "))
        }
        if let groups = request.groups, groups != interface.groups {
            return ("groups", interface.groups.joined(separator: ", "), groups.joined(separator: ", "))
        }
        return nil
    }
}

extension Policy {
    /// The interface that a port of the control plane is here.
    fileprivate func interface(ofPort port: String) -> Interface? {
        let id = Identifier<Interface>(port)
        return vpcs.lazy.flatMap(\.instances).flatMap(\.interfaces).first { $0.id == id }
    }
}

/// The control plane does not bind a port, or was not reached; nothing is changed.
struct BindingRefused: Error, CustomStringConvertible {
    let words: String
    var description: String { "not bound by the control plane: \(words)" }
}
