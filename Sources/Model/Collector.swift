/// Where the flow records of a target go, and how.
package struct Collector: Hashable, Sendable {
    /// What a collector covers, coarsest first; the finest that covers an interface gets its records.
    package enum Target: Hashable, Sendable, Codable {
        case vpc(String)
        case subnet(vpc: String, subnet: String)
        case instance(vpc: String, instance: String)
        case interface(vpc: String, instance: String, interface: String)
    }

    /// Seconds that an interval can have.
    package static let intervals = 60...3600
    package static let defaultInterval = 300

    package let id: Identifier<Collector>
    package let name: String
    /// The project that owns it, where that is not the policy's.
    package let project: String?
    package var target: Target
    /// `file:PATH`, relative to the data folder or absolute, or `s3://BUCKET?…`.
    package var bucket: String
    /// Whether records are delivered; a suspended collector still keeps its interfaces from coarser ones.
    package let isActive: Bool
    package let format: FlowLogFormat
    /// Seconds between two objects of an interface, when nothing asks for one earlier.
    package let interval: Int

    package init(
        id: Identifier<Collector>, name: String, project: String? = nil, target: Target, bucket: String,
        isActive: Bool = true, format: FlowLogFormat = .ibm, interval: Int = defaultInterval
    ) {
        self.id = id
        self.name = name
        self.project = project
        self.target = target
        self.bucket = bucket
        self.isActive = isActive
        self.format = format
        self.interval = interval
    }
}

extension Collector: Codable {
    private enum Key: CodingKey {
        case id, name, project, target, bucket, isActive, format, interval
        /// Of the releases before there were formats.
        case includesAllProtocols
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let wasForAll = try container.decodeIfPresent(Bool.self, forKey: .includesAllProtocols) ?? false
        self.init(
            id: try container.decode(Identifier<Collector>.self, forKey: .id),
            name: try container.decode(String.self, forKey: .name),
            project: try container.decodeIfPresent(String.self, forKey: .project),
            target: try container.decode(Target.self, forKey: .target),
            bucket: try container.decode(String.self, forKey: .bucket),
            isActive: try container.decode(Bool.self, forKey: .isActive),
            format: try container.decodeIfPresent(FlowLogFormat.self, forKey: .format)
                ?? (wasForAll ? FlowLogFormat(name: "ibm+") : .ibm),
            interval: try container.decodeIfPresent(Int.self, forKey: .interval) ?? Self.defaultInterval)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(id, forKey: .id)
        try container.encode(name, forKey: .name)
        try container.encodeIfPresent(project, forKey: .project)
        try container.encode(target, forKey: .target)
        try container.encode(bucket, forKey: .bucket)
        try container.encode(isActive, forKey: .isActive)
        try container.encode(format, forKey: .format)
        try container.encode(interval, forKey: .interval)
    }
}

extension Collector.Target: CustomStringConvertible {
    /// The policy file's words: `vpc/shop`, `subnet/shop/web`, `instance/shop/web-1`, `interface/shop/web-1/eth0`.
    package var description: String {
        switch self {
        case .vpc(let vpc): "vpc/\(vpc)"
        case .subnet(let vpc, let subnet): "subnet/\(vpc)/\(subnet)"
        case .instance(let vpc, let instance): "instance/\(vpc)/\(instance)"
        case .interface(let vpc, let instance, let interface): "interface/\(vpc)/\(instance)/\(interface)"
        }
    }
}
