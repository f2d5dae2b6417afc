import GRDB
package import Model

/// Where the flow records of a target go.
package struct StoredCollector: StoredObject {
    package static let kind = Kind.collector

    package let id: String
    package let projectID: String
    package let vpcID: String
    package var name: String
    /// `vpc`, `subnet`, `instance` or `interface`.
    package let targetKind: String
    /// No two collectors have one target.
    package let targetID: String
    package let bucketID: String
    /// Whether records are delivered; a suspended collector still keeps its interfaces from coarser ones.
    package var isActive: Bool
    /// How objects are written; `formatColumns` are those of AWS's lines.
    package private(set) var format: String
    package private(set) var formatColumns: [String]
    /// Seconds between two objects of an interface.
    package var interval: Int
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, vpcID: String, name: String, target: (kind: Kind, id: String), bucketID: String,
        isActive: Bool = true, format: FlowLogFormat = .ibm, interval: Int = Collector.defaultInterval
    ) {
        self.id = id
        self.projectID = projectID
        self.vpcID = vpcID
        self.name = name
        self.targetKind = target.kind.rawValue
        self.targetID = target.id
        self.bucketID = bucketID
        self.isActive = isActive
        self.format = format.name
        self.formatColumns = format.columns
        self.interval = interval
    }

    package var flowLogFormat: FlowLogFormat {
        get { FlowLogFormat(name: format, columns: formatColumns) }
        set { (format, formatColumns) = (newValue.name, newValue.columns) }
    }
}

extension StoredCollector {
    /// Of states from before there were formats.
    private enum FormerKey: CodingKey {
        case includesAllProtocols
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        projectID = try container.decode(String.self, forKey: .projectID)
        vpcID = try container.decode(String.self, forKey: .vpcID)
        name = try container.decode(String.self, forKey: .name)
        targetKind = try container.decode(String.self, forKey: .targetKind)
        targetID = try container.decode(String.self, forKey: .targetID)
        bucketID = try container.decode(String.self, forKey: .bucketID)
        isActive = try container.decode(Bool.self, forKey: .isActive)
        let wasForAll = try decoder.container(keyedBy: FormerKey.self)
            .decodeIfPresent(Bool.self, forKey: .includesAllProtocols)
        let formerFormat = wasForAll == true ? "ibm+" : FlowLogFormat.ibm.name
        format = try container.decodeIfPresent(String.self, forKey: .format) ?? formerFormat
        formatColumns = try container.decodeIfPresent([String].self, forKey: .formatColumns) ?? []
        interval = try container.decodeIfPresent(Int.self, forKey: .interval) ?? Collector.defaultInterval
        createdAt = try container.decode(Int64.self, forKey: .createdAt)
        updatedAt = try container.decode(Int64.self, forKey: .updatedAt)
        revisionNumber = try container.decode(Int.self, forKey: .revisionNumber)
    }
}
