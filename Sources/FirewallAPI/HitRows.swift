import Model
import Records
import Registry
import Service

/// The events of enterprise rules as the log has them.
struct HitRows {
    private let request: FirewallRequest

    init(_ request: FirewallRequest) { self.request = request }

    func rows(from first: Timestamp, until end: Timestamp) async throws -> [JSONObject] {
        let project = request.project.id
        let events = try await request.ground.events.newest(from: first, until: end) {
            $0.project == project && $0.stage == .enterprise && $0.ruleName != nil
        }
        let places = try await request.registry.read { database in
            try Set(events.map(\.interfaceID.description)).reduce(into: [String: Place]()) {
                $0[$1] = try Place($1, database)
            }
        }
        let rules = try await request.registry.read { database in
            try Set(events.compactMap { RulePast.Key($0) }).reduce(into: [RulePast.Key: RulePast]()) {
                $0[$1] = try RulePast($1, project, database)
            }
        }
        return events.map { event in
            row(event, places[event.interfaceID.description], RulePast.Key(event).flatMap { rules[$0] })
        }
    }

    /// Where an interface is.
    fileprivate struct Place: Sendable {
        var vpc = ""
        var subnet = ""
        var instance = ""

        init(_ interface: String, _ database: RegistryState) throws {
            guard let port = try StoredInterface.stored(interface, in: database) else { return }
            vpc = port.vpcID
            subnet = port.addresses.first?.subnetID ?? ""
            instance = try StoredInstance.owner(of: port, in: database)?.id ?? port.deviceID
        }
    }

    /// What was said of a rule when it hit.
    fileprivate struct RulePast: Sendable {
        struct Key: Hashable, Sendable {
            let number: Int64
            let revision: Int

            init?(_ event: EventEntry) {
                guard let number = event.ruleName.flatMap(StoredEnterpriseRule.number(ofHostName:)) else { return nil }
                (self.number, revision) = (number, event.revision)
            }
        }

        let rule: StoredEnterpriseRule

        init?(_ key: Key, _ project: String, _ database: RegistryState) throws {
            guard
                let found = try StoredEnterpriseRule.past(key.number, of: project, at: key.revision, in: database)
            else { return nil }
            rule = found
        }
    }

    private func row(_ event: EventEntry, _ place: Place?, _ past: RulePast?) -> JSONObject {
        let strategy = event.isObservation ? 0 : event.verdict == .drop ? 1 : 2
        let number = event.ruleName.flatMap(StoredEnterpriseRule.number(ofHostName:)) ?? 0
        let detail = past?.rule.description ?? ""
        let time = RuleWords.time(event.time.nanoseconds)
        return JSONObject([
            ("record_id", .string("\(event.host):\(event.sequence)")),
            ("time", .int(Int(event.time.nanoseconds / 1_000_000))), ("timestamp", .string(time)),
            ("start_time", .string(time)), ("end_time", .string(time)), ("src_ip", .string(event.source.description)),
            ("src_port", .int(Int(event.sourcePort ?? 0))), ("dst_ip", .string(event.target.description)),
            ("dst_port", .int(Int(event.targetPort ?? 0))), ("protocol", .string(LogWords.transport(event.transport))),
            ("direction", .int(event.direction == .egress ? 0 : 1)), ("strategy", .int(strategy)),
            ("uid", .int(Int(number))), ("acl_rule_id", .int(Int(number))), ("acl_uuid", .string(past?.rule.id ?? "")),
            ("detail", .string(detail)), ("acl_detail", .string(detail)), ("rule_info", .string(event.rule ?? "")),
            ("instance_id", .string(place?.instance ?? "")), ("appid", .string(request.project.id)),
            ("vpc_id", .string(place?.vpc ?? "")), ("subnet_id", .string(place?.subnet ?? "")),
            ("interface_id", .string(event.interfaceID.description)), ("host", .string(event.host)),
            ("gh_verdict", .string(event.isObservation ? "accept" : event.verdict.word)), ("gh_stage", "enterprise"),
            ("gh_revision", .int(event.revision)), ("gh_observed", .string(event.isObservation ? "\(number)" : "")),
        ])
    }

    /// A row's fields, with a value of each one's kind.
    static let fields = JSONObject(
        [
            "record_id", "timestamp", "start_time", "end_time", "src_ip", "dst_ip", "protocol", "acl_uuid", "detail",
            "acl_detail", "rule_info", "instance_id", "appid", "vpc_id", "subnet_id", "interface_id", "host",
            "gh_verdict", "gh_stage", "gh_observed",
        ].map { ($0, JSON.string("")) }
            + ["time", "src_port", "dst_port", "direction", "strategy", "uid", "acl_rule_id", "gh_revision"].map {
                ($0, JSON.int(0))
            })
}

/// Words that both logs have.
enum LogWords {
    /// `TCP`, `UDP`, `ICMP`, or the number.
    static func transport(_ transport: TransportProtocol) -> String {
        switch transport {
        case .tcp: "TCP"
        case .udp: "UDP"
        case .icmp, .icmpv6: "ICMP"
        default: "\(transport.rawValue)"
        }
    }
}

extension Verdict {
    fileprivate var word: String { self == .accept ? "accept" : "drop" }
}
