import HTTPTypes
import Link
import Model
import Registry

/// Binds ports for hosts that guests come to: what an agent attaches.
struct HostBindings: Sendable {
    let registry: Registry

    /// `POST agent/bindings`
    func bind(_ call: Call, _ host: String) async throws -> Answer {
        let request: PortBindingRequest = try await call.message()
        guard request.instance != nil || request.mac != nil else {
            throw RegistryError(
                .invalid(.body),
                "nothing says which port it is; give --instance (a port's id or name, or an instance), or --mac")
        }
        let actor = Actor(
            userID: "", userName: "host \(host)", projectID: "", projectName: "", roles: ["service"],
            requestID: call.requestID, source: call.source,
            action: request.device == nil ? "port.unbind" : "port.bind")
        let choice = PortChoice(
            instance: request.instance, interface: request.interface, vpc: request.vpc, mac: request.mac?.description)
        let port = try await registry.change(by: actor) { change in
            try change.bind(choice, to: request.device, onHost: host)
        }
        return Answer(.ok, JSON(parsing: try ControlCodec.encode(PortBindingAnswer(port: port.id))))
    }
}
