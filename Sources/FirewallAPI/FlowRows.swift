import Model
import Query
import Records
import Registry
import Service

/// Records of flows of the VPCs of which somebody has switched a collection on, as the log has them.
struct FlowRows {
    private let request: FirewallRequest

    init(_ request: FirewallRequest) { self.request = request }

    private static let columns: [FlowColumn] = [
        .id, .start, .end, .initiatorIP, .initiatorPort, .targetIP, .targetPort, .transportNumber, .direction, .verdict,
        .stage, .rule, .ruleID, .revision, .instanceID, .vpcID, .subnetID, .interfaceID, .host, .packetsFromInitiator,
        .bytesFromInitiator, .packetsFromTarget, .bytesFromTarget, .flags, .observedRuleID,
    ]

    func rows(from first: Timestamp, until end: Timestamp) async throws -> [JSONObject] {
        let project = request.project.id
        let networks = try await request.registry.read { try Networks(of: project, in: $0) }
        var question = FlowQuestion()
        question.project = project
        question.since = first.nanoseconds / 1000
        question.until = end.nanoseconds / 1000
        question.columns = Self.columns
        question.sort = [.init(.start, isDescending: true)]
        question.limit = Limit.rowsOfAnswer.bound
        let answer = try await request.ground.flows.answer(question)
        return answer.rows.compactMap { values in
            let row = Dictionary(zip(Self.columns, values)) { first, _ in first }
            guard case .text(let vpc)? = row[.vpcID], networks.collected.contains(vpc) else { return nil }
            return self.row(row, networks)
        }
    }

    /// The networks of a project, and of which somebody has switched a collection on.
    private struct Networks: Sendable {
        private(set) var collected: Set<String> = []
        private var subnets: [(id: String, vpc: String, block: IPPrefix)] = []

        init(of project: String, in database: RegistryState) throws {
            let vpcs = try StoredVPC.byName(of: project, in: database)
            collected = Set(vpcs.filter { $0.collected != nil }.map(\.id))
            for subnet in try StoredSubnet.byName(of: project, in: database) {
                subnets.append((subnet.id, subnet.vpcID, try IPPrefix(parsing: subnet.cidr)))
            }
        }

        func path(from subnet: String, in vpc: String, to other: IPAddress) -> String {
            let found = subnets.filter { $0.block.contains(other) }
            if found.contains(where: { $0.id == subnet }) { return "intra_subnet" }
            if found.contains(where: { $0.vpc == vpc }) { return "intra_vpc" }
            return found.isEmpty ? "internet" : "inter_vpc"
        }
    }

    private func row(_ row: [FlowColumn: AnswerValue], _ networks: Networks) -> JSONObject {
        func text(_ column: FlowColumn) -> String {
            switch row[column] {
            case .text(let text)?: text
            case .address(let address)?: address.description
            case .number(let number)?: "\(number)"
            case .instant(let instant)?: RuleWords.time(instant * 1000)
            case .absent?, nil: ""
            }
        }
        func number(_ column: FlowColumn) -> Int {
            if case .number(let number)? = row[column] { Int(clamping: number) } else { 0 }
        }
        func instant(_ column: FlowColumn) -> Int64 {
            if case .instant(let instant)? = row[column] { instant } else { 0 }
        }
        let isOut = text(.direction) == Direction.egress.rawValue
        let near =
            isOut
            ? (number(.packetsFromTarget), number(.bytesFromTarget))
            : (number(.packetsFromInitiator), number(.bytesFromInitiator))
        let far =
            isOut
            ? (number(.packetsFromInitiator), number(.bytesFromInitiator))
            : (number(.packetsFromTarget), number(.bytesFromTarget))
        let other = IPAddress(text(isOut ? .targetIP : .initiatorIP))
        let path = other.map { networks.path(from: text(.subnetID), in: text(.vpcID), to: $0) } ?? ""
        let transport = UInt8(clamping: number(.transportNumber))
        return JSONObject([
            ("record_id", .string(text(.id))), ("time", .int(Int(instant(.end) / 1000))),
            ("timestamp", .string(text(.end))), ("start_time", .string(text(.start))),
            ("end_time", .string(text(.end))),
            ("src_ip", .string(text(.initiatorIP))), ("src_port", .int(number(.initiatorPort))),
            ("dst_ip", .string(text(.targetIP))), ("dst_port", .int(number(.targetPort))),
            ("protocol", .string(LogWords.transport(TransportProtocol(rawValue: transport)))),
            ("direction", .int(isOut ? 0 : 1)), ("strategy", ""), ("uid", .int(0)),
            ("acl_uuid", .string(text(.ruleID))), ("detail", .string(text(.rule))),
            ("instance_id", .string(text(.instanceID))), ("appid", .string(request.project.id)),
            ("in_pkt_count", .int(near.0)), ("in_pkt_len", .int(near.1)), ("out_pkt_count", .int(far.0)),
            ("out_pkt_len", .int(far.1)), ("total_pkt_count", .int(near.0 + far.0)),
            ("total_pkt_len", .int(near.1 + far.1)), ("tcp_flag", .int(number(.flags))),
            ("vpc_id", .string(text(.vpcID))), ("subnet_id", .string(text(.subnetID))),
            ("interface_id", .string(text(.interfaceID))), ("host", .string(text(.host))),
            ("gh_verdict", .string(text(.verdict))), ("gh_stage", .string(text(.stage))),
            ("gh_revision", .int(number(.revision))), ("gh_observed", .string(text(.observedRuleID))),
            ("gh_path", .string(path)),
        ])
    }

    /// A row's fields, with a value of each one's kind.
    static let fields = JSONObject(
        [
            "record_id", "timestamp", "start_time", "end_time", "src_ip", "dst_ip", "protocol", "strategy", "acl_uuid",
            "detail", "instance_id", "appid", "vpc_id", "subnet_id", "interface_id", "host", "gh_verdict", "gh_stage",
            "gh_observed", "gh_path",
        ].map { ($0, JSON.string("")) }
            + [
                "time", "src_port", "dst_port", "direction", "uid", "in_pkt_count", "in_pkt_len", "out_pkt_count",
                "out_pkt_len", "total_pkt_count", "total_pkt_len", "tcp_flag", "gh_revision",
            ].map { ($0, JSON.int(0)) })
}
