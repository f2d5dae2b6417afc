package import Model

/// The groups that exist in every VPC by name, and that nobody defines or edits.
package enum ReadyMadeGroup: String, CaseIterable, Sendable {
    case allowSSH = "allow_ssh"
    case allowHTTP = "allow_http"
    case allowHTTPS = "allow_https"
    case allowOutbound = "allow_outbound"
    case allowAll = "allow_all"

    /// What the group admits. `allow_all` is about ingress alone, as in the clouds that ship it.
    package var meaning: (direction: Direction, service: Service) {
        switch self {
        case .allowSSH: (.ingress, .transport(.tcp, PortRange(22, 22)))
        case .allowHTTP: (.ingress, .transport(.tcp, PortRange(80, 80)))
        case .allowHTTPS: (.ingress, .transport(.tcp, PortRange(443, 443)))
        case .allowOutbound: (.egress, .any)
        case .allowAll: (.ingress, .any)
        }
    }

    /// The group as it stands in a VPC.
    func group(project: String, vpc: String) -> SecurityGroup {
        let (direction, service) = meaning
        let id = Identifier<SecurityGroup>(derivedFrom: "group", project, vpc, rawValue)
        let text = Rule(id: Identifier(high: 0, low: 0), direction: direction, service: service, remote: .any).text
        let rule = Rule(
            id: Identifier(derivedFrom: "rule", project, vpc, rawValue, text), direction: direction, service: service,
            remote: .any, description: "ready-made")
        return SecurityGroup(id: id, name: rawValue, rules: [rule], isPredefined: true)
    }
}
