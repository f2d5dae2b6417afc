import Model
import TestSupport

extension RandomPolicy {
    /// The policy with an enterprise policy before its groups, and with some of it observed.
    mutating func enterprise(_ policy: Policy) throws -> Policy {
        var policy = policy
        var rules: [EnterpriseRule] = []
        for place in 0..<draw(0...12) { rules.append(try rule("e\(place)", policy)) }
        if chance(50) {
            // A run of rules of one port each, as maps find them.
            let ports = (0..<draw(9...20)).map { _ in Service.transport(pick([.tcp, .udp]), one(pick(Self.ports))) }
            let run = try ports.enumerated().map { try rule("p\($0.offset)", policy, services: [$0.element]) }
            rules.insert(contentsOf: run, at: draw(0...rules.count))
        }
        policy.enterprise = rules
        if chance(6) { policy.vpcs[0].mode = .observe }
        if chance(10) { policy.vpcs[0].groups[0].mode = .observe }
        for place in policy.vpcs[0].instances.indices where chance(8) {
            policy.vpcs[0].instances[place].interfaces[0].mode = .observe
        }
        return policy
    }

    private func one(_ port: UInt16) -> PortRange { PortRange(port, port) }

    private mutating func rule(_ name: String, _ policy: Policy, services: [Service]? = nil) throws -> EnterpriseRule {
        EnterpriseRule(
            id: Identifier(derivedFrom: "rule", name), name: name,
            action: pick([.block, .block, .allow, .observe, .observe]), direction: chance(50) ? .ingress : .egress,
            source: try end(policy), target: try end(policy),
            services: services ?? (chance(20) ? [service(), service()] : [service()]),
            scope: chance(15) ? EnterpriseScope(vpcs: ["v"]) : nil, isEnabled: !chance(10), isLogged: true)
    }

    private mutating func end(_ policy: Policy) throws -> EnterpriseEnd {
        if chance(40) { return .any }
        var elements: [EnterpriseElement] = []
        for _ in 0..<draw(1...3) { elements.append(try element(policy)) }
        return chance(25) ? .noneOf(elements) : .anyOf(elements)
    }

    private mutating func element(_ policy: Policy) throws -> EnterpriseElement {
        switch draw(0...6) {
        case 0: .vpc("v")
        case 1: .subnet(vpc: "v", name: pick(["left", "right"]))
        case 2: .instance(vpc: "v", name: pick(Self.instances))
        case 3: .group(vpc: "v", name: pick(policy.vpcs[0].groups).name)
        default: .prefix(try prefix())
        }
    }
}
