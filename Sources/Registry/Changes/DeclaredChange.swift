import GRDB
import Model

/// A change as a declaration makes it: before each write the caller is asked for the right that the same write by itself needs.
///
/// Declarations write through nothing else: what is not here none of them can do.
struct DeclaredChange {
    private let change: Change
    private let projectID: String
    private let rights: PolicyDeclaration.Rights

    init(_ change: Change, projectID: String, rights: PolicyDeclaration.Rights) {
        self.change = change
        self.projectID = projectID
        self.rights = rights
    }

    var database: Database { change.database }

    func find<Object: StoredObject>(_ id: String) throws -> Object { try change.find(id) }

    // MARK: Rights

    private enum Verb: String {
        case create
        case update
        case delete
    }

    /// Throws where the caller may not do this to an object.
    ///
    /// * `place`: what the object is called, as "group web".
    /// * `attributes`: what of it is said.
    private func permit(
        _ verb: Verb, _ object: some StoredObject, _ place: String, _ attributes: [String] = []
    ) throws {
        try permit(verb, type(of: object).kind, of: object.projectID, place, attributes)
    }

    private func permit(
        _ verb: Verb, _ kind: Kind, of owner: String, _ place: String, _ attributes: [String] = []
    ) throws {
        // What the caller does not see is not there to be changed.
        if verb != .create { try permit("get_\(kind.noun)", place) }
        guard verb == .create || owner == projectID else {
            throw RegistryError(.forbidden, "\(place): it is another project's; leave it as it is")
        }
        try permit("\(verb.rawValue)_\(kind.noun)", place, attributes)
    }

    private func permit(_ operation: String, _ place: String, _ attributes: [String] = []) throws {
        guard let denied = rights.denial(operation, attributes) else { return }
        throw RegistryError(.forbidden, "\(place): rule:\(denied) is disallowed by policy")
    }

    // MARK: Networks

    func createVPC(_ vpc: StoredVPC) throws -> StoredVPC {
        try permit(.create, vpc, "vpc \(vpc.name)")
        return try change.createVPC(vpc)
    }

    func createSubnet(_ subnet: StoredSubnet) throws -> StoredSubnet {
        try permit(.create, subnet, "subnet \(subnet.name)")
        return try change.createSubnet(subnet)
    }

    func updateSubnet(_ wanted: StoredSubnet, from former: StoredSubnet) throws {
        try permit(.update, former, "subnet \(former.name)")
        _ = try change.updateSubnet(wanted, from: former)
    }

    // MARK: Groups

    func createBareGroup(name: String, isStateless: Bool) throws -> StoredGroup {
        try permit(.create, .group, of: projectID, "group \(name)")
        return try change.createBareGroup(projectID: projectID, name: name, isStateless: isStateless)
    }

    func setStateless(_ isStateless: Bool, _ group: StoredGroup) throws -> StoredGroup {
        try permit(.update, group, "group \(group.name)")
        return try change.updateGroup(group, name: nil, description: nil, isStateless: isStateless)
    }

    func deleteGroup(_ group: StoredGroup) throws {
        try permit(.delete, group, "group \(group.name)")
        try change.deleteGroup(group)
    }

    func createRule(_ draft: RuleDraft, of group: StoredGroup) throws {
        try permit(.create, .rule, of: group.projectID, "group \(group.name)")
        _ = try change.createRules([draft]) { $0.projectID == projectID }
    }

    func describe(_ rule: StoredRule, of group: StoredGroup, _ description: String) throws {
        try permit(.update, rule, "group \(group.name)")
        try change.describe(rule, description)
    }

    func deleteRule(_ rule: StoredRule, of group: StoredGroup) throws {
        try permit(.delete, rule, "group \(group.name)")
        try change.deleteRule(rule)
    }

    // MARK: Network ACLs

    func createACL(_ acl: StoredACL, _ rules: [StoredACLRule]) throws -> StoredACL {
        try permit(.create, acl, "acl \(acl.name)")
        if !rules.isEmpty { try permit(.create, .aclRule, of: acl.projectID, "acl \(acl.name)") }
        return try change.createACL(acl, rules)
    }

    /// Makes an ACL's list of rules another one.
    func setRules(of acl: StoredACL, _ wanted: [StoredACLRule]) throws {
        let edit = try ACLEdit(of: acl, to: wanted, in: database)
        guard edit.order != acl.rules else { return }
        func permit(_ verb: Verb) throws { try self.permit(verb, .aclRule, of: acl.projectID, "acl \(acl.name)") }
        if !edit.added.isEmpty { try permit(.create) }
        if !edit.removed.isEmpty { try permit(.delete) }
        if edit.moves { try permit(.update) }
        try change.apply(edit, to: acl)
    }

    func deleteACL(_ acl: StoredACL) throws {
        try permit(.delete, acl, "acl \(acl.name)")
        try change.deleteACL(acl)
    }

    // MARK: Interfaces

    func createInterface(_ wanted: StoredInterface, _ place: String) throws {
        let said = [
            wanted.host.isEmpty ? nil : "binding:host_id", wanted.host.isEmpty ? nil : "binding:profile",
            wanted.mac.isEmpty ? nil : "mac_address",
        ].compactMap { $0 }
        let attributes =
            said + (wanted.addresses.isEmpty ? [] : Self.addresses) + (wanted.pairs == nil ? [] : Self.pairs)
        try permitBinding(.create, wanted, place, attributes)
        if !wanted.groups.isEmpty { try permit("attach_security_group", place) }
        _ = try change.createInterface(wanted)
    }

    func updateInterface(_ wanted: StoredInterface, from former: StoredInterface, _ place: String) throws {
        var attributes: [String] = []
        if wanted.host != former.host { attributes.append("binding:host_id") }
        if wanted.device != former.device { attributes.append("binding:profile") }
        if wanted.mac != former.mac { attributes.append("mac_address") }
        if wanted.addresses != former.addresses { attributes += Self.addresses }
        if wanted.pairs != former.pairs { attributes += Self.pairs }
        try permitBinding(.update, former, wanted: wanted, place, attributes)
        let (before, after) = (Set(former.groups), Set(wanted.groups))
        if !after.isSubset(of: before) { try permit("attach_security_group", place) }
        if !before.isSubset(of: after) { try permit("detach_security_group", place) }
        _ = try change.updateInterface(wanted, from: former)
    }

    func deleteInterface(_ interface: StoredInterface) throws {
        try permit(.delete, interface, "interface \(interface.name)")
        try change.deleteInterface(interface)
    }

    private static let pairs = ["allowed_address_pairs"]
    private static let addresses = ["fixed_ips", "fixed_ips:ip_address"]

    /// Says in words what is asked most: where interfaces are is not a member's to say.
    private func permitBinding(
        _ verb: Verb, _ object: StoredInterface, wanted: StoredInterface? = nil, _ place: String, _ attributes: [String]
    ) throws {
        let wanted = wanted ?? object
        let operation = "\(verb.rawValue)_\(Kind.interface.noun)"
        try permit(verb, object, place)
        guard let denied = rights.denial(operation, attributes) else { return }
        let words = "\(place): rule:\(denied) is disallowed by policy"
        switch denied.dropFirst(operation.count + 1) {
        case "binding:host_id", "binding:profile":
            throw RegistryError(
                .forbidden,
                "\(words): the caller does not bind an interface (here to device \(wanted.device) of host "
                    + "\(wanted.host)); ask an administrator to apply this file, or leave host and device as they are")
        case "mac_address":
            throw RegistryError(
                .forbidden,
                "\(words): the caller does not choose its MAC address (here \(wanted.mac)); leave it as it is")
        default: throw RegistryError(.forbidden, words)
        }
    }

    // MARK: Collectors

    /// The instance of an interface's device, which every API takes for granted.
    func ensureInstance(of port: StoredInterface, zone: String) throws -> StoredInstance {
        try change.ensureInstance(of: port, zone: zone)
    }

    func createCollector(_ collector: StoredCollector) throws {
        try permit(.create, collector, "collector \(collector.name)")
        _ = try change.createCollector(collector)
    }

    func updateCollector(_ wanted: StoredCollector, from former: StoredCollector) throws {
        try permit(.update, former, "collector \(former.name)")
        _ = try change.updateCollector(wanted, from: former)
    }

    func deleteCollector(_ collector: StoredCollector) throws {
        try permit(.delete, collector, "collector \(collector.name)")
        try change.deleteCollector(collector)
    }

    func createBucket(_ bucket: StoredBucket, for collector: String) throws -> StoredBucket {
        guard let denied = rights.denial("create_\(Kind.bucket.noun)", []) else {
            return try change.createBucket(bucket)
        }
        throw RegistryError(
            .forbidden,
            "collector \(collector): rule:\(denied) is disallowed by policy: there is no bucket at \(bucket.url), and making "
                + "one is the administrator's right: gatehouse bucket create NAME \(bucket.url)")
    }
}

/// How an ACL's list of rules becomes another one; rules that do the same keep their ids.
struct ACLEdit {
    /// Ids in the new order.
    private(set) var order: [String] = []
    private(set) var added: [StoredACLRule] = []
    private(set) var removed: [StoredACLRule]
    /// Whether rules that stay come in another order.
    private(set) var moves = false

    init(of acl: StoredACL, to wanted: [StoredACLRule], in database: Database) throws {
        removed = try StoredACLRule.filter(Column("aclID") == acl.id).fetchAll(database)
        for rule in wanted {
            if let twin = removed.firstIndex(where: { $0.does(rule) }) {
                order.append(removed.remove(at: twin).id)
            } else {
                order.append(rule.id)
                added.append(rule)
            }
        }
        let kept = Set(order).subtracting(added.map(\.id))
        moves = order.filter(kept.contains) != acl.rules.filter(kept.contains)
    }
}

extension Change {
    /// Makes an ACL's list of rules another one, in one write of the list.
    func apply(_ edit: ACLEdit, to acl: StoredACL) throws {
        var changed = acl
        changed.rules = edit.order
        try update(&changed, from: acl)
        for rule in edit.added {
            var rule = rule
            try insert(&rule)
        }
        for rule in edit.removed { try delete(rule) }
        let (before, after) = (try json(acl), try json(changed))
        try audit("network_acl.update", changed, before: before, after: after)
        for subnet in try StoredSubnet.filter(Column("aclID") == acl.id).order(Column("id")).fetchAll(database) {
            try audit("network_acl.update", subnet, before: before, after: after)
        }
    }
}
