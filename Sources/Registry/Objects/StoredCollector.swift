package import GRDB

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
    /// Whether ICMP, other protocols and IPv6 are delivered beside TCP and UDP over IPv4.
    package var includesAllProtocols: Bool
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(
        id: String, projectID: String, vpcID: String, name: String, target: (kind: Kind, id: String), bucketID: String,
        isActive: Bool = true, includesAllProtocols: Bool = false
    ) {
        self.id = id
        self.projectID = projectID
        self.vpcID = vpcID
        self.name = name
        self.targetKind = target.kind.rawValue
        self.targetID = target.id
        self.bucketID = bucketID
        self.isActive = isActive
        self.includesAllProtocols = includesAllProtocols
    }
}

/// A place for flow-log objects that an operator has named.
package struct StoredBucket: StoredObject {
    package static let kind = Kind.bucket

    package let id: String
    /// The project that may use it; empty for all.
    package let projectID: String
    package let name: String
    /// `file:FOLDER`, absolute or within the data folder of whoever writes.
    package let url: String
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(id: String, projectID: String, name: String, url: String) {
        self.id = id
        self.projectID = projectID
        self.name = name
        self.url = url
    }

    /// The bucket that a project means by a name: its own before one that is for all.
    package static func named(_ name: String, for projectID: String, in database: Database) throws -> StoredBucket? {
        try filter([projectID, ""].contains(Column("projectID")) && Column("name") == name)
            .order(Column("projectID").desc).fetchOne(database)
    }

    /// What is wrong with a bucket's name or location, to be read after the place; nil when nothing is. What follows
    /// `s3://` is not looked at.
    package static func fault(name: String, url: String) -> String? {
        let isName = name.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
        guard (3...63).contains(name.utf8.count), isName, name.first != "-", name.first != "." else {
            return ".name: \"\(name.prefix(100))\" is no bucket's name; write 3 to 63 of a-z, 0-9, - and ."
        }
        guard url.hasPrefix("file:") || url.hasPrefix("s3://"), url.utf8.count > 5,
            url.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else {
            return ".url: \"\(url.prefix(100))\" is no bucket's location; write file:FOLDER or s3://BUCKET?endpoint=URL"
        }
        guard url.hasPrefix("s3://") || !url.dropFirst(5).split(separator: "/").contains("..") else {
            return ".url: \"\(url.prefix(100))\" leads out of its folder; write it without .."
        }
        return nil
    }
}
