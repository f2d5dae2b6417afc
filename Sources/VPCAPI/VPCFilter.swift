import Registry
import Service

/// The filters that several collections share; each is an exact match, all must hold.
struct VPCFilter: Sendable {
    private let call: Call

    init(_ call: Call) { self.call = call }

    private func admits(_ key: String, _ value: String) -> Bool {
        let wanted = call.values(key)
        return wanted.isEmpty || wanted.contains(value)
    }

    /// `vpc.id`, `vpc.crn`, `vpc.name`.
    func admits(_ vpc: StoredVPC, _ view: ProjectView) -> Bool {
        admits("vpc.id", vpc.id) && admits("vpc.crn", view.crn(vpc)) && admits("vpc.name", view.name(vpc))
    }

    /// `resource_group.id`.
    func admitsResourceGroup(_ view: ProjectView) -> Bool { admits("resource_group.id", view.request.project.id) }

    func admits(name: String) -> Bool { admits("name", name) }
    func admits(zone: String) -> Bool { admits("zone.name", zone) }
    func admits(target id: String, type: String) -> Bool {
        admits("target.id", id) && admits("target.resource_type", type)
    }
    func admits(direction: String) -> Bool { admits("direction", direction) }
}
