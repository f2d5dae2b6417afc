import Registry
import Service

/// One project as the VPC API shows it, within one read or one change: what is another's is not there.
struct ProjectView {
    let request: VPCRequest
    let database: RegistryState
    private let vpcs: [String: StoredVPC]

    init(request: VPCRequest, database: RegistryState) throws {
        self.request = request
        self.database = database
        // Interfaces and subnets may be in VPCs of other projects.
        vpcs = Dictionary(
            uniqueKeysWithValues: try StoredVPC.used(by: request.project.id, in: database).map { ($0.id, $0) })
    }

    // MARK: Objects

    /// The project's own objects of a kind.
    func own<Object: StoredObject>(_ kind: Object.Type = Object.self) throws -> [Object] {
        try Object.owned(by: request.project.id, in: database)
    }

    func find<Object: StoredObject>(_ id: String, as kind: Object.Type = Object.self) throws -> Object {
        guard let object = try Object.stored(id, in: database), object.projectID == request.project.id else {
            throw VPCError.parameter(.notFound, "id", "\(Self.title(Object.kind)) \(id.prefix(64)) is not there.")
        }
        return object
    }

    static func title(_ kind: Kind) -> String {
        switch kind {
        case .vpc: "VPC"
        case .interface: "Network interface"
        default: kind.title
        }
    }

    /// The VPC of an object that refers to it.
    func vpc(_ id: String) throws -> StoredVPC {
        guard let vpc = vpcs[id] else { throw RegistryError.notFound(.vpc, id) }
        return vpc
    }

    /// The VPC that a group is shown in: its own; for Neutron's, which are for the whole project, that of the oldest interface
    /// that carries it, else the project's oldest. nil is not shown: while the project has no VPC, and Neutron's default group
    /// while nothing carries it.
    func vpc(of group: StoredGroup) throws -> StoredVPC? {
        if let id = group.vpcID { return vpcs[id] }
        let carriers = try group.firstVPC(in: request.project.id, database)
        if let carriers, let vpc = vpcs[carriers] { return vpc }
        guard !group.isDefault else { return nil }
        return vpcs.values.filter { $0.projectID == request.project.id }
            .min { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    func isInstanceInterface(_ interface: StoredInterface) throws -> Bool {
        try interface.virtual == nil && StoredInstance.owner(of: interface, in: database) != nil
    }

    // MARK: Names

    func name(_ vpc: StoredVPC) -> String { Naming.shown(vpc.name, "vpc", vpc.id) }
    func name(_ subnet: StoredSubnet) -> String { Naming.shown(subnet.name, "subnet", subnet.id) }
    func name(_ group: StoredGroup) -> String { Naming.shown(group.name, "group", group.id) }
    func name(_ interface: StoredInterface) -> String { Naming.shown(interface.name, "interface", interface.id) }
    func name(_ rule: StoredRule) -> String { Naming.shown(rule.name, "rule", rule.id) }

    /// A name's check against those of its scope.
    func checkFree(_ name: String, among taken: [String]) throws {
        guard taken.contains(name) else { return }
        throw VPCError.field(.uniqueFailed, "name", "The name \(name) is taken.", value: .string(name))
    }

    /// The name that a body asks for, free in its scope; one made up where it asks for none.
    func newName(_ body: BodyObject, among taken: [String], leadingHyphen: Bool = false) throws -> String {
        guard let name = try body.text("name") else { return Naming.random() }
        try Naming.check(name, body.name("name"), leadingHyphen: leadingHyphen)
        guard taken.contains(name) else { return name }
        throw VPCError.field(
            .uniqueFailed, body.name("name"), "The name \(name) is taken.", value: .string(name))
    }

    /// The name that a patch asks for; nil where it leaves it.
    func changedName(
        _ body: BodyObject, from former: String, among taken: () throws -> [String], leadingHyphen: Bool = false
    ) throws -> String? {
        guard let name = try body.text("name"), name != former else { return nil }
        try Naming.check(name, "name", leadingHyphen: leadingHyphen)
        try checkFree(name, among: try taken())
        return name
    }
}
