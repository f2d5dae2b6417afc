import Model

/// The grammar of network ACLs' rules in the policy file:
/// `allow|deny ingress|egress SERVICE from SOURCE [port PORTS] to TARGET`.
///
/// The service's ports are the target's; `port` gives the source's. `ACLRule.text` writes what this reads.
enum ACLRuleText {
    static func rule(parsing text: String, id: Identifier<Rule>) throws(RuleTextError) -> ACLRule {
        var words = text.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
        var sourcePorts: String?
        if words.count == 9, words[5] == "port" {
            sourcePorts = words[6]
            words.removeSubrange(5...6)
        }
        guard words.count == 7, words[3] == "from", words[5] == "to" else { throw .aclShape(text) }
        guard let action = ACLRule.Action(rawValue: words[0]) else { throw .unknownAction(words[0]) }
        guard let direction = Direction(rawValue: words[1]) else { throw .unknownDirection(words[1]) }
        let service = try RuleText.service(words[2])
        let ends = try [words[4], words[6]].map { word throws(RuleTextError) in
            word == "any" ? nil : try RuleText.prefix(word)
        }
        for prefix in ends.compactMap(\.self) where !service.isCarried(by: prefix.family) {
            throw .familyMismatch(service, prefix)
        }
        return ACLRule(
            id: id, action: action, direction: direction, service: service,
            sourcePorts: try sourcePorts.map { ports throws(RuleTextError) in try self.ports(ports, service) },
            source: ends[0], target: ends[1])
    }

    private static func ports(_ text: String, _ service: Service) throws(RuleTextError) -> PortRange {
        guard case .transport(let transport, _) = service, transport.hasPorts else {
            throw .excessParts(service: "\(service) … port \(text)", accepted: "\(service) without source ports")
        }
        return try RuleText.ports(text, transport)
    }
}
