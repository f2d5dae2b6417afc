/// The groups that everybody has by name, whether by a policy file, where nobody defines or edits them, or by an API, where they are what a
/// group begins with.
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
}
