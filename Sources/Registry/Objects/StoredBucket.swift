package import GRDB

/// A place for flow-log objects that an operator has named.
package struct StoredBucket: StoredObject {
    package static let kind = Kind.bucket

    package let id: String
    /// The project that owns it and may use it; empty for all.
    package let projectID: String
    package let name: String
    /// `file:FOLDER`, absolute or within the data folder of whoever writes.
    package let url: String
    /// Other projects whose collectors may fill it, by their ids.
    package var projects: [String]
    /// Counts the credentials that it has had from 1 on; nil where hosts have their own.
    package var credentialsEdition: Int?
    package var createdAt: Int64 = 0
    package var updatedAt: Int64 = 0
    package var revisionNumber = 0

    package init(id: String, projectID: String, name: String, url: String, projects: [String] = []) {
        self.id = id
        self.projectID = projectID
        self.name = name
        self.url = url
        self.projects = projects
    }

    /// Reads also states from before buckets were opened to other projects.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        projectID = try container.decode(String.self, forKey: .projectID)
        name = try container.decode(String.self, forKey: .name)
        url = try container.decode(String.self, forKey: .url)
        projects = try container.decodeIfPresent([String].self, forKey: .projects) ?? []
        credentialsEdition = try container.decodeIfPresent(Int.self, forKey: .credentialsEdition)
        createdAt = try container.decode(Int64.self, forKey: .createdAt)
        updatedAt = try container.decode(Int64.self, forKey: .updatedAt)
        revisionNumber = try container.decode(Int.self, forKey: .revisionNumber)
    }

    /// What hosts call its credentials: another name after each change, so that a change reaches them as a policy's.
    package var credentialsName: String? { credentialsEdition.map { "sealed-\(id)-\($0)" } }

    /// The location as hosts are told it.
    package var location: String {
        guard let credentialsName else { return url }
        return "\(url)\(url.contains("?") ? "&" : "?")credentials=\(credentialsName)"
    }

    /// Whether a project's collectors may fill it.
    package func admits(_ projectID: String) -> Bool {
        self.projectID.isEmpty || self.projectID == projectID || projects.contains(projectID)
    }

    /// The bucket that a project means by a name: its own, else one that is for all, else one that another project has opened
    /// to it. Where `owner` has a bucket of the name, only that one is meant.
    package static func named(
        _ name: String, for projectID: String, owner: String? = nil, in database: Database
    ) throws -> StoredBucket? {
        let all = try filter(Column("name") == name).order(Column("createdAt"), Column("id")).fetchAll(database)
        let owned = all.filter { $0.projectID == owner }
        let usable = (owned.isEmpty ? all : owned).filter { $0.admits(projectID) }
        return usable.first { $0.projectID == projectID } ?? usable.first { $0.projectID.isEmpty } ?? usable.first
    }

    /// Whether it is a folder of whoever writes.
    package var isFolder: Bool { url.hasPrefix("file:") }

    /// The hosts that have interfaces in a network, by name: they would fill the bucket of a collector there.
    package static func hosts(inVPC id: String, in database: Database) throws -> [String] {
        try HostedInterface.hosts(where: "vpcID = ?", [id], in: database).sorted()
    }

    /// The hosts that have interfaces in the networks of its active collectors, by name.
    package func fillingHosts(in database: Database) throws -> [String] {
        try HostedInterface.hosts(
            where: "vpcID IN (SELECT vpcID FROM flow_log_collector WHERE bucketID = ? AND isActive)", [id], in: database
        ).sorted()
    }

    /// What is wrong with a bucket's name or location; nil when nothing is. What follows `s3://` is not looked at.
    package static func fault(name: String, url: String) -> BucketFault? {
        let isName = name.utf8.allSatisfy {
            (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: ".")
        }
        guard (3...63).contains(name.utf8.count), isName, name.first != "-", name.first != "." else {
            return BucketFault(
                .name, "\"\(name.prefix(100))\" is no bucket's name", mend: "write 3 to 63 of a-z, 0-9, - and .")
        }
        guard url.hasPrefix("file:") || url.hasPrefix("s3://"), url.utf8.count > 5,
            url.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else {
            return BucketFault(
                .url, "\"\(url.prefix(100))\" is no bucket's location",
                mend: "write file:FOLDER or s3://BUCKET?endpoint=URL")
        }
        guard url.hasPrefix("s3://") || !url.dropFirst(5).split(separator: "/").contains("..") else {
            return BucketFault(.url, "\"\(url.prefix(100))\" leads out of its folder", mend: "write it without ..")
        }
        return nil
    }
}
