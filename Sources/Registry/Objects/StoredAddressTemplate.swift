package import GRDB

/// A list of addresses and blocks that enterprise rules name.
package struct StoredAddressTemplate: StoredObject {
    package static let kind = Kind.addressTemplate

    package let id: String
    package let projectID: String
    /// What rules name it by: `ipm-` and eight characters.
    package let templateID: String
    package var name: String
    package var description: String
    package var entries: [String]
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, templateID: String, name: String, description: String, entries: [String]
    ) {
        self.id = id
        self.projectID = projectID
        self.templateID = templateID
        self.name = name
        self.description = description
        self.entries = entries
    }

    /// The rules of its project that name it.
    package func users(in database: Database) throws -> [StoredEnterpriseRule] {
        try StoredEnterpriseRule.all(of: projectID, in: database).filter { rule in
            [rule.source, rule.target].contains { $0.form == .template && $0.content == templateID }
        }
    }
}
