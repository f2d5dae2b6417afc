import Model
import Registry
import Service

/// Of which sessions of VPCs there are records: two switches for each VPC.
enum SwitchActions {
    static let all = [
        FirewallAction(
            name: "DescribeVpcFwGroupSwitch", right: "get_collection", required: ["Limit", "Offset"],
            optional: ["Filters", "By", "Order"], answer: list),
        FirewallAction(
            name: "ModifyFwGroupSwitch", right: "update_collection", required: ["Enable", "AllSwitch"],
            optional: ["SwitchList"], answer: modify),
    ]

    /// A switch; the number is `SwitchMode`.
    enum Mode: Int, CaseIterable {
        case inOut = 1
        case within = 2

        var paths: [TrafficPath] {
            switch self {
            case .inOut: [.inOut]
            case .within: [.withinSubnets, .betweenSubnets]
            }
        }

        func id(_ vpc: StoredVPC) -> String { "\(vpc.id)-\(rawValue)" }

        /// A VPC that nobody has switched has no switch on, and everything recorded nevertheless.
        func isOn(_ vpc: StoredVPC) -> Bool { paths.allSatisfy { vpc.collected?.contains($0) ?? false } }

        func name(_ vpc: StoredVPC) -> String {
            switch self {
            case .inOut: "\(vpc.name): in and out"
            case .within: "\(vpc.name): between and within its subnets"
            }
        }
    }

    @Sendable private static func list(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let limit = try parameters.number("Limit", 1...1000) ?? 1000
        let offset = try parameters.number("Offset", 0...Int(Int32.max)) ?? 0
        for key in ["By", "Order"] { _ = try parameters.text(key) }
        let isSettled = try await RuleProgress(request.ground).percent() == 100
        let region = request.ground.region.name
        let rows = try await request.registry.read { database in
            try StoredVPC.byName(of: request.project.id, in: database).flatMap { vpc in
                let blocks = try StoredSubnet.of(vpc: vpc.id, in: database).map(\.cidr)
                return Mode.allCases.map { row(vpc, $0, blocks, region, isSettled: isSettled) }
            }
        }
        let blank = StoredVPC(id: "", projectID: "", name: "", description: "")
        let filters = try CommonFilters(
            try parameters.objects("Filters") ?? [], fields: row(blank, .inOut, [], "", isSettled: true))
        let wanted = rows.filter(filters.admits)
        return JSONObject([
            ("SwitchList", .array(wanted.dropFirst(offset).prefix(limit).map { .object($0) })),
            ("Total", .int(wanted.count)),
        ])
    }

    private static func row(
        _ vpc: StoredVPC, _ mode: Mode, _ blocks: [String], _ region: String, isSettled: Bool
    ) -> JSONObject {
        let instance = JSON.object([
            "InstanceId": .string(vpc.id), "InstanceName": .string(vpc.name),
            "InstanceCidr": .string(blocks.joined(separator: ",")), "Region": .string(region),
        ])
        return JSONObject([
            ("FwGroupId", .string(vpc.id)), ("FwGroupName", .string(vpc.name)), ("SwitchId", .string(mode.id(vpc))),
            ("SwitchName", .string(mode.name(vpc))), ("SwitchMode", .int(mode.rawValue)), ("ConnectType", .int(0)),
            ("ConnectId", .string(vpc.id)), ("ConnectName", .string(vpc.name)),
            ("SrcInstancesInfo", .array([instance])),
            ("DstInstancesInfo", .array([])), ("FwGroupData", .array([])), ("FwInsLst", .array([])),
            ("FwInsRegion", .strings([region])), ("Enable", .int(mode.isOn(vpc) ? 1 : 0)),
            ("Status", .int(isSettled ? 0 : 1)), ("AttachWithEdge", .int(0)), ("CrossEdgeStatus", .int(0)),
            ("BypassStatus", .int(0)), ("IpVersion", .int(0)), ("IpsAction", .int(4)),
        ])
    }

    @Sendable private static func modify(_ request: FirewallRequest) async throws -> JSONObject {
        let parameters = request.parameters
        let isOn = try parameters.number("Enable", 0...1) == 1
        let isAll = try parameters.number("AllSwitch", 0...1) == 1
        let objects = try parameters.objects("SwitchList") ?? []
        guard isAll || !objects.isEmpty else {
            throw FirewallError(.missing, "The parameter SwitchList is missing; AllSwitch 1 means all switches.")
        }
        var named: [(id: String, mode: Mode, place: Parameters)] = []
        for object in objects {
            try object.check(required: ["SwitchMode", "SwitchId"], optional: [])
            let number = try object.number("SwitchMode") ?? 0
            guard let mode = Mode(rawValue: number) else { throw object.refusal("SwitchMode", "\(number)", "1 or 2") }
            named.append((try object.text("SwitchId") ?? "", mode, object))
        }
        let wanted = named
        try await request.change { change in
            let vpcs = try StoredVPC.byName(of: request.project.id, in: change.database)
            var modes: [String: Set<Mode>] = [:]
            if isAll { for vpc in vpcs { modes[vpc.id] = Set(Mode.allCases) } }
            for item in isAll ? [] : wanted {
                guard let vpc = vpcs.first(where: { item.mode.id($0) == item.id }) else {
                    let isOther = vpcs.contains { vpc in Mode.allCases.contains { $0.id(vpc) == item.id } }
                    throw isOther
                        ? item.place.refusal("SwitchMode", "\(item.mode.rawValue)", "that of the switch \(item.id)")
                        : FirewallError(
                            .notFound,
                            "\(item.place.name("SwitchId")): the project has no switch \(Limit.textOfEntry.cut(item.id))."
                        )
                }
                modes[vpc.id, default: []].insert(item.mode)
            }
            for vpc in vpcs {
                guard let switched = modes[vpc.id] else { continue }
                var paths = Set(vpc.collected ?? [])
                for path in switched.flatMap(\.paths) {
                    if isOn { paths.insert(path) } else { paths.remove(path) }
                }
                try change.setCollected(TrafficPath.allCases.filter(paths.contains), of: vpc)
            }
        }
        return JSONObject()
    }
}
