import Model

/// The groups of a file's VPCs, as the enterprise policy names them: a ready-made one comes into its VPC by being named.
struct GroupNames {
    private let project: String
    private(set) var vpcs: [VPC]

    init(project: String, vpcs: [VPC]) {
        self.project = project
        self.vpcs = vpcs
    }

    /// Whether a VPC has a group of the name.
    mutating func resolve(_ name: String, in vpc: Int) -> Bool {
        if vpcs[vpc].groups.contains(where: { $0.name == name }) { return true }
        guard let ready = ReadyMadeGroup(rawValue: name) else { return false }
        vpcs[vpc].groups.append(ready.group(project: project, vpc: vpcs[vpc].name))
        return true
    }
}
