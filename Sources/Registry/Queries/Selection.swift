package import GRDB

/// A consistent state of the registry, as one read or one change sees it: what every query is asked of.
///
/// Rooms above hand it on and never look into it: SQL is spoken in this room only.
package typealias RegistryState = Database

/// Which objects of a kind are wanted.
package struct Selection: Sendable {
    /// What a field must be; one of the values.
    package enum Values: Sendable {
        case texts([String])
        case flags([Bool])
        case numbers([Int])
    }

    /// What others than a project's own objects it sees of a kind.
    package enum Sharing: Sendable {
        case nothing
        /// Those that say themselves that they are for all.
        case marked
        /// Those in a VPC that is for all.
        case inMarkedVPC
    }

    private var conditions: [(field: String, values: Values)] = []
    private var project: (id: String, sharing: Sharing)?

    package init() {}

    /// Those whose stored property of this name has one of the values.
    package mutating func require(_ field: String, _ values: Values) { conditions.append((field, values)) }

    /// Those of one project, and what others share with it.
    package mutating func limit(to project: String, and sharing: Sharing) { self.project = (project, sharing) }

    fileprivate func request<Object: StoredObject>(_ kind: Object.Type) -> QueryInterfaceRequest<Object> {
        var request = Object.all()
        if let project {
            let own = Column("projectID") == project.id
            request =
                switch project.sharing {
                case .nothing: request.filter(own)
                case .marked: request.filter(own || Column("isShared") == true)
                case .inMarkedVPC:
                    request.filter(
                        own
                            || StoredVPC.filter(Column("isShared") == true).select(Column("id")).contains(
                                Column("vpcID"))
                    )
                }
        }
        for (field, values) in conditions {
            request =
                switch values {
                case .texts(let texts): request.filter(texts.contains(Column(field)))
                case .flags(let flags): request.filter(flags.contains(Column(field)))
                case .numbers(let numbers): request.filter(numbers.contains(Column(field)))
                }
        }
        return request
    }
}

extension StoredObject {
    package static func all(_ selection: Selection, in state: RegistryState) throws -> [Self] {
        try selection.request(Self.self).fetchAll(state)
    }

    package static func first(_ selection: Selection, in state: RegistryState) throws -> Self? {
        try selection.request(Self.self).fetchOne(state)
    }

    /// A project's own objects of this kind.
    package static func owned(by project: String, in state: RegistryState) throws -> [Self] {
        try filter(Column("projectID") == project).fetchAll(state)
    }
}
