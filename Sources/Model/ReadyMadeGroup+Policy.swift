extension ReadyMadeGroup {
    /// The group as it stands in a VPC.
    package func group(project: String, vpc: String) -> SecurityGroup {
        let (direction, service) = meaning
        let id = Identifier<SecurityGroup>(derivedFrom: "group", project, vpc, rawValue)
        let text = Rule(id: Identifier(high: 0, low: 0), direction: direction, service: service, remote: .any).text
        let rule = Rule(
            id: Identifier(derivedFrom: "rule", project, vpc, rawValue, text), direction: direction, service: service,
            remote: .any, description: "ready-made")
        return SecurityGroup(id: id, name: rawValue, rules: [rule], isPredefined: true)
    }
}
