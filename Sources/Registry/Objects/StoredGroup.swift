import GRDB

/// A security group: a union of allow rules that a project attaches to interfaces.
package struct StoredGroup: StoredObject {
    package static let kind = Kind.group
    /// Each project has one group of this name, made on first use; no other may be called so.
    package static let defaultName = "default"

    package let id: String
    package let projectID: String
    package var name: String
    package var description: String
    package var isDefault: Bool
    /// The VPC that the group is for; nil for Neutron's groups, which any VPC of the project may use.
    package let vpcID: String?
    /// nil is a stateful group; of a stateless one (false) a rule must admit each packet, either way.
    package private(set) var isStateful: Bool?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, name: String, description: String, isDefault: Bool = false,
        vpcID: String? = nil, isStateless: Bool = false
    ) {
        self.id = id
        self.projectID = projectID
        self.name = name
        self.description = description
        self.isDefault = isDefault
        self.vpcID = vpcID
        self.isStateless = isStateless
    }

    package var isStateless: Bool {
        get { isStateful == false }
        set { isStateful = newValue ? false : nil }
    }
}
