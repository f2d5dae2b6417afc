import Registry
import Service

/// Ready-made rules that a new group can begin with: `gatehouse: {"template": "allow_ssh"}`, for both families.
enum GroupTemplate: String, CaseIterable {
    case allowSSH = "allow_ssh"
    case allowHTTP = "allow_http"
    case allowHTTPS = "allow_https"
    case allowOutbound = "allow_outbound"
    case allowAll = "allow_all"

    private var port: Int? {
        switch self {
        case .allowSSH: 22
        case .allowHTTP: 80
        case .allowHTTPS: 443
        case .allowOutbound, .allowAll: nil
        }
    }

    func drafts(for group: StoredGroup) -> [RuleDraft] {
        ["IPv4", "IPv6"].map { etherType in
            RuleDraft(
                groupID: group.id, direction: self == .allowOutbound ? "egress" : "ingress", etherType: etherType,
                protocolText: port == nil ? nil : "tcp", portMin: port, portMax: port,
                label: "\(rawValue.replacing("_", with: "-"))-\(etherType.lowercased())")
        }
    }

    /// The template that a body names, where it does.
    static func named(in body: BodyObject) throws(VPCError) -> GroupTemplate? {
        try body.object("gatehouse")?.choice("template", allCases.map(\.rawValue)).flatMap(Self.init(rawValue:))
    }
}
