import Model
import Registry
import Service

/// What rules may name: instances, VPCs, subnets, groups, tags, regions.
enum AssetActions {
    static let all = [
        FirewallAction(
            name: "DescribeCfwAssets", right: "get_enterprise_rule",
            optional: ["AssetType", "Ip", "InstanceId", "VpcId", "SubnetId", "Limit", "NextToken"], answer: assets),
        FirewallAction(
            name: "DescribeResourceGroupNew", right: "get_enterprise_rule", required: ["QueryType"],
            optional: ["GroupId", "ShowType"], answer: groups),
        FirewallAction(
            name: "DescribeSecurityGroupRegionList", right: "get_enterprise_rule", answer: regions),
    ]

    @Sendable private static func regions(_ request: FirewallRequest) async throws -> JSONObject {
        let name = request.ground.region.name
        let region = JSON.object(["Region": .string(name), "RegionId": .int(1), "RegionName": .string(name)])
        return JSONObject([("Data", .array([region])), ("Total", .int(1))])
    }

    // MARK: Assets

    /// What is asked for; a token goes on with it.
    private struct Question: Sendable {
        var type = "host"
        var address = ""
        var instance = ""
        var vpc = ""
        var subnet = ""
        var limit = 100
        var offset = 0

        /// Opaque to callers.
        var text: String { [type, address, instance, vpc, subnet, "\(limit)", "\(offset)"].joined(separator: "\n") }

        init() {}

        init?(_ text: String) {
            let parts = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 7, let limit = Int(parts[5]), let offset = Int(parts[6]) else { return nil }
            (type, address, instance, vpc, subnet) = (parts[0], parts[1], parts[2], parts[3], parts[4])
            (self.limit, self.offset) = (limit, offset)
        }
    }

    @Sendable private static func assets(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        var question = Question()
        if let token = try parameters.text("NextToken"), !token.isEmpty {
            for key in ["AssetType", "Ip", "InstanceId", "VpcId", "SubnetId", "Limit"] where parameters.has(key) {
                throw FirewallError(.combination, "\(key): NextToken stands alone, and goes on with what was asked.")
            }
            guard let text = PageToken.open(token, of: request.project.id), let asked = Question(text) else {
                throw parameters.refusal("NextToken", token, "one that this server gave this project since it started")
            }
            question = asked
        } else {
            question.type = try parameters.text("AssetType") ?? "host"
            guard ["host", "vpc", "subnet"].contains(question.type) else {
                throw parameters.refusal("AssetType", question.type, "host, vpc or subnet")
            }
            question.address = try parameters.text("Ip") ?? ""
            question.instance = try parameters.text("InstanceId") ?? ""
            question.vpc = try parameters.text("VpcId") ?? ""
            question.subnet = try parameters.text("SubnetId") ?? ""
            question.limit = try parameters.number("Limit", 1...1000) ?? 100
            // A token has a line for each of them.
            for text in [question.address, question.instance, question.vpc, question.subnet] where text.contains("\n") {
                throw FirewallError(
                    .valueInvalid, "Ip and ids are of one line; \"\(Limit.textOfEntry.cut(text))\" is not.")
            }
        }
        let asked = question
        let all = try await request.registry.read { database in
            try rows(asked.type, request, database).filter { row in
                func holds(_ key: String, _ wanted: String) -> Bool { wanted.isEmpty || row[key]?.text == wanted }
                return holds("instance_id", asked.instance) && holds("vpc_id", asked.vpc)
                    && holds("subnet_id", asked.subnet)
                    && (asked.address.isEmpty
                        || ["private_ip", "cidr"].contains { row[$0]?.text?.contains(asked.address) == true })
            }
        }
        let shown = all.dropFirst(asked.offset).prefix(asked.limit)
        let hasMore = asked.offset + shown.count < all.count
        var next = asked
        next.offset += shown.count
        let data = JSON.object([
            "asset_type": .string(asked.type), "assets": .array(shown.map { .object($0) }), "HasMore": .bool(hasMore),
            "NextToken": .string(hasMore ? PageToken.make(next.text, of: request.project.id) : ""),
        ])
        return JSONObject([("Data", .string(String(decoding: data.bytes, as: UTF8.self)))])
    }

    private static func rows(
        _ type: String, _ request: FirewallRequest, _ database: RegistryState
    ) throws -> [JSONObject] {
        let project = request.project.id
        let vpcs = try StoredVPC.byName(of: project, in: database)
        let subnets = try StoredSubnet.byName(of: project, in: database)
        func row(
            _ id: String, _ name: String, _ kind: String, vpc: String, subnet: String = "", address: String = "",
            cidr: String = ""
        ) -> JSONObject {
            JSONObject([
                ("instance_id", .string(id)), ("instance_name", .string(name)), ("instance_type", .string(kind)),
                ("vpc_id", .string(vpc)), ("subnet_id", .string(subnet)), ("private_ip", .string(address)),
                ("public_ip", ""), ("region", .string(request.ground.region.name)), ("cidr", .string(cidr)),
            ])
        }
        switch type {
        case "vpc":
            return vpcs.map { vpc in
                let blocks = subnets.filter { $0.vpcID == vpc.id }.map(\.cidr)
                return row(vpc.id, vpc.name, "VPC", vpc: vpc.id, cidr: blocks.joined(separator: ","))
            }
        case "subnet":
            return subnets.map { row($0.id, $0.name, "Subnet", vpc: $0.vpcID, subnet: $0.id, cidr: $0.cidr) }
        default:
            return try StoredInstance.byName(of: project, in: database).map { instance in
                let first = try instance.interfaces(in: database).first?.addresses.first
                return row(
                    instance.id, instance.name, "CVM", vpc: instance.vpcID, subnet: first?.subnetID ?? "",
                    address: first?.address ?? "")
            }
        }
    }

    // MARK: Groups

    @Sendable private static func groups(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let kind = try parameters.text("QueryType") ?? ""
        let wanted = try parameters.text("GroupId") ?? "0"
        _ = try parameters.text("ShowType")
        guard ["vpc", "resource", "tag"].contains(kind) else {
            throw parameters.refusal("QueryType", kind, "vpc, resource or tag")
        }
        let nodes = try await request.registry.read { try tree(kind, request.project, $0) }
        let root = node("0", "", "all", "", nodes.reduce(0) { $0 + $1.count }, nodes.map(\.json))
        let shown = wanted == "0" ? root : nodes.first { $0.id == wanted }?.json
        guard let shown else {
            throw FirewallError(.notFound, "GroupId: the project has no group \(Limit.textOfEntry.cut(wanted)).")
        }
        return JSONObject([
            ("Data", .string(String(decoding: shown.bytes, as: UTF8.self))), ("ReturnCode", .int(0)),
            ("ReturnMsg", "success"), ("UnResourceNum", .int(0)),
        ])
    }

    private struct Node: Sendable {
        let id: String
        let count: Int
        let json: JSON
    }

    private static func node(
        _ id: String, _ parent: String, _ name: String, _ cidr: String, _ count: Int, _ children: [JSON] = []
    ) -> JSON {
        .object([
            "GroupId": .string(id), "ParentId": .string(parent), "GroupName": .string(name), "Cidr": .string(cidr),
            "Path": .string(parent.isEmpty ? "/" : "/\(parent)/\(id)"), "InsNum": .int(count),
            "TreeChild": .array(children),
        ])
    }

    private static func tree(_ kind: String, _ project: Project, _ database: RegistryState) throws -> [Node] {
        switch kind {
        case "resource":
            return try StoredGroup.byName(of: project.id, in: database).map { group in
                let members = try group.carriers(in: database)
                return Node(id: group.id, count: members, json: node(group.id, "0", group.name, "", members))
            }
        case "tag":
            return try Tags.counts(of: project.id, in: database).map { tag, count in
                Node(id: tag, count: count, json: node(tag, "0", tag, "", count))
            }
        default:
            let subnets = try StoredSubnet.byName(of: project.id, in: database)
            return try StoredVPC.byName(of: project.id, in: database).map { vpc in
                let children = try subnets.filter { $0.vpcID == vpc.id }.map { subnet in
                    let addresses = try subnet.addressesInUse(in: database)
                    return node(subnet.id, vpc.id, subnet.name, subnet.cidr, addresses)
                }
                let all = try vpc.interfaces(in: database)
                return Node(id: vpc.id, count: all, json: node(vpc.id, "0", vpc.name, "", all, children))
            }
        }
    }
}
