import Registry
import Service

/// What a collector can be set on: its kind is found by the id, which names one object of all kinds.
extension ProjectView {
    /// The target that a body names.
    func target(_ body: BodyObject) throws -> (kind: Kind, id: String, vpcID: String) {
        let named = try ObjectIdentity(body)
        let id = named.id
        if let vpc = try StoredVPC.stored(id, in: database), isOwn(vpc), names(named, vpc) { return (.vpc, id, id) }
        if let subnet = try StoredSubnet.stored(id, in: database), isOwn(subnet), names(named, subnet) {
            return (.subnet, id, subnet.vpcID)
        }
        if let instance = try StoredInstance.stored(id, in: database), isOwn(instance), names(named, instance) {
            return (.instance, id, instance.vpcID)
        }
        if let interface = try StoredInterface.stored(id, in: database), isOwn(interface),
            try namesInterface(named, interface)
        {
            return (.interface, id, interface.vpcID)
        }
        throw named.missing
    }

    private func isOwn(_ object: some StoredObject) -> Bool { object.projectID == request.project.id }

    /// An interface of an instance has no CRN; the attachment of a virtual one has its id.
    private func namesInterface(_ named: ObjectIdentity, _ interface: StoredInterface) throws -> Bool {
        let isInstances = try isInstanceInterface(interface)
        switch named.key {
        case .id: return true
        case .crn: return !isInstances && named.value == crn(interface)
        case .href:
            guard let owner = try StoredInstance.owner(of: interface, in: database) else {
                return isPath(named.value, of: href(interface))
            }
            return (isInstances ? [] : [href(interface)]).contains { isPath(named.value, of: $0) }
                || ["network_interfaces", "network_attachments"].contains {
                    isPath(named.value, of: href("instances", owner.id, $0, interface.id))
                }
        }
    }

    /// A collector's target as answers show it, and the word of its type.
    func target(of collector: StoredCollector) throws -> (json: JSON, type: String) {
        switch Kind(rawValue: collector.targetKind) {
        case .vpc: (reference(try vpc(collector.targetID)), "vpc")
        case .subnet: (reference(try find(collector.targetID, as: StoredSubnet.self)), "subnet")
        case .instance: (reference(try find(collector.targetID, as: StoredInstance.self)), "instance")
        default:
            try {
                let json = try target(try find(collector.targetID, as: StoredInterface.self), inFull: false)
                return (json, json["resource_type"]?.text ?? "")
            }()
        }
    }

    /// `coverage` is said where the collector was asked for as that of an interface.
    func render(_ collector: StoredCollector, _ coverage: CollectorCoverage?) throws -> JSONObject {
        let bucket = try StoredBucket.stored(collector.bucketID, in: database)
        var own = settings(of: collector)
        if let coverage {
            own["interface"] = .string(coverage.interface)
            own["shadows"] = .strings(coverage.shadowed.map(\.name))
            own["note"] = .string(coverage.words)
        }
        if let bucket, !bucket.admits(collector.projectID) {
            own["note"] = .string(
                "bucket \(bucket.name) is no longer open to this project: no records are delivered until its owner opens it"
            )
        }
        return JSONObject(
            head(collector, name: collector.name) + [
                ("active", .bool(collector.isActive)), ("auto_delete", .bool(true)), ("lifecycle_state", "stable"),
                ("storage_bucket", .object(["name": .string(bucket?.name ?? "")])),
                ("target", try target(of: collector).json), ("vpc", reference(try vpc(collector.vpcID))),
                ("gatehouse", .object(own)),
            ])
    }
}
