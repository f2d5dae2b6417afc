import GRDB
package import Model

extension ReadyMadeGroup {
    /// What the group admits, as rules of a group: for both families.
    package func drafts(for group: StoredGroup) -> [RuleDraft] {
        let (direction, service) = meaning
        let ports: PortRange? = if case .transport(_, let ports) = service { ports } else { nil }
        let transport: String? = if case .transport(let transport, _) = service { "\(transport)" } else { nil }
        return ["IPv4", "IPv6"].map { etherType in
            RuleDraft(
                groupID: group.id, direction: direction.rawValue, etherType: etherType, protocolText: transport,
                portMin: ports.map { Int($0.lower) }, portMax: ports.map { Int($0.upper) },
                label: "\(rawValue.replacing("_", with: "-"))-\(etherType.lowercased())")
        }
    }
}

extension Change {
    /// The ready-made groups of these names that a project has no group of that name for.
    package static func missing(
        _ names: some Sequence<String>, in project: String, _ state: RegistryState
    ) throws -> [ReadyMadeGroup] {
        try Set(names).compactMap(ReadyMadeGroup.init).sorted { $0.rawValue < $1.rawValue }.filter { group in
            try StoredGroup.filter(Column("projectID") == project && Column("name") == group.rawValue).isEmpty(state)
        }
    }

    /// Makes a ready-made group for a whole project, with its rules and no others.
    package func makeReadyMade(_ ready: ReadyMadeGroup, in project: String) throws {
        let group = try createBareGroup(projectID: project, name: ready.rawValue, isStateless: false)
        for draft in ready.drafts(for: group) { try addRule(draft, to: group) }
    }
}
