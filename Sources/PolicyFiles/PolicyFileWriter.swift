package import Model
import Records

/// Writes a policy as a policy file: what `PolicyFile` reads is the same policy again, as far as a file can say it.
///
/// What it cannot say, as a rule's own addresses or a project's interfaces among others', is left to the reader's eye by
/// `gatehouse policy export`, which reads what was written and tells the difference.
package struct PolicyFileWriter {
    private var lines: [String] = []

    /// The file's text.
    package static func text(_ policy: Policy) -> String {
        var writer = PolicyFileWriter()
        writer.write(mapping: document(policy), indent: 0)
        return writer.lines.joined(separator: "\n") + "\n"
    }

    // MARK: What it says

    private static func document(_ policy: Policy) -> [Field] {
        [
            Field("project", .text(policy.project)), Field("region", .text(policy.region)),
            Field("vpcs", .list(policy.vpcs.map { .object(vpc($0)) })),
            Field("collectors", list(policy.collectors, collector)),
            Field("bridges", policy.bridges.map { .list($0.map { .object(bridge($0)) }) } ?? .absent),
            Field("assertions", policy.assertions.map { .texts($0.map(\.text)) } ?? .absent),
            Field("enterprise", policy.enterprise.map { .list($0.map { .object(rule($0)) }) } ?? .absent),
            Field("sinks", policy.sinks.map { .list($0.map { .object(sink($0)) }) } ?? .absent),
        ]
    }

    /// Nothing where there is nothing to list.
    private static func list<Element>(_ elements: [Element], _ fields: (Element) -> [Field]) -> Datum {
        elements.isEmpty ? .absent : .list(elements.map { .object(fields($0)) })
    }

    private static func texts(_ values: [some CustomStringConvertible]) -> Datum {
        values.isEmpty ? .absent : .texts(values.map(\.description))
    }

    /// `observe: true`, where that is so.
    private static func observe(_ mode: JudgingMode?) -> Field {
        Field("observe", mode == nil ? .absent : .truth(true))
    }

    private static func vpc(_ vpc: VPC) -> [Field] {
        let collect = vpc.collected.map { paths in
            Datum.object(TrafficPath.allCases.map { Field($0.rawValue, .truth(paths.contains($0))) })
        }
        return [
            Field("name", .text(vpc.name)), Field("cidrs", texts(vpc.prefixes)), observe(vpc.mode),
            Field("collect", collect ?? .absent), Field("acls", list(vpc.acls, acl)),
            Field("subnets", list(vpc.subnets, subnet)),
            Field("groups", list(vpc.groups.filter { ReadyMadeGroup(rawValue: $0.name) == nil }, group)),
            Field("instances", list(vpc.instances, instance)),
        ]
    }

    private static func acl(_ acl: NetworkACL) -> [Field] {
        [Field("name", .text(acl.name)), Field("rules", texts(acl.rules.map(\.text)))]
    }

    private static func subnet(_ subnet: Subnet) -> [Field] {
        [
            Field("name", .text(subnet.name)), Field("cidrs", texts(subnet.prefixes)), Field("acl", .text(subnet.acl)),
            Field("zone", .text(subnet.zone)), Field("dhcp", subnet.dhcp == nil ? .absent : .truth(true)),
            Field("dhcp_servers", texts(subnet.dhcp?.servers ?? [])),
        ]
    }

    private static func group(_ group: SecurityGroup) -> [Field] {
        let rules = group.rules.map { rule -> Datum in
            guard !rule.description.isEmpty else { return .text(rule.text) }
            return .object([Field("rule", .text(rule.text)), Field("description", .text(rule.description))])
        }
        return [
            Field("name", .text(group.name)), Field("stateful", group.isStateful ? .absent : .truth(false)),
            observe(group.mode), Field("rules", rules.isEmpty ? .absent : .list(rules)),
        ]
    }

    private static func instance(_ instance: Instance) -> [Field] {
        [Field("name", .text(instance.name)), Field("interfaces", list(instance.interfaces, interface))]
    }

    private static func interface(_ interface: Interface) -> [Field] {
        let pairs = interface.pairs.map { pair -> Datum in
            .object([
                Field("address", .text(pair.address?.description ?? pair.prefix.description)),
                Field("mac", .text(pair.mac?.description)),
            ])
        }
        let addresses = interface.addresses.map(\.description) + interface.prefixes.map(\.description)
        return [
            Field("name", .text(interface.name)), Field("subnet", .text(interface.subnet)),
            Field("addresses", texts(addresses)), Field("pairs", pairs.isEmpty ? .absent : .list(pairs)),
            Field("mac", .text(interface.mac?.description)), Field("device", .text(interface.device)),
            Field("groups", texts(interface.groups)), observe(interface.mode),
        ]
    }

    private static func collector(_ collector: Collector) -> [Field] {
        [
            Field("name", .text(collector.name)), Field("target", .text(collector.target.description)),
            Field("bucket", .text(collector.bucket)), Field("active", collector.isActive ? .absent : .truth(false)),
            Field("format", collector.format == .ibm ? .absent : .text(collector.format.name)),
            Field("fields", texts(collector.format.columns)),
            Field(
                "interval",
                collector.interval == Collector.defaultInterval ? .absent : .number(collector.interval)),
        ]
    }

    private static func bridge(_ bridge: BridgeSettings) -> [Field] {
        [
            Field("name", .text(bridge.name)), Field("unknown", .text(bridge.unknown.rawValue)),
            Field("uplinks", texts(bridge.uplinks)),
        ]
    }

    private static func rule(_ rule: EnterpriseRule) -> [Field] {
        let scope = rule.scope.map { scope in
            Datum.object([Field("projects", texts(scope.projects)), Field("vpcs", texts(scope.vpcs))])
        }
        let schedule = rule.schedule.map { schedule in
            Datum.object([
                Field("from", .instant(schedule.from)), Field("until", .instant(schedule.until)),
                Field("hours", texts(schedule.hours)),
            ])
        }
        return [
            Field("name", .text(rule.name)), Field("action", .text(rule.action.rawValue)),
            Field("direction", .text(rule.direction.rawValue)), Field("from", end(rule.source)),
            Field("to", end(rule.target)), Field("service", texts(rule.services)), Field("scope", scope ?? .absent),
            Field("enabled", rule.isEnabled ? .absent : .truth(false)),
            Field("log", rule.isLogged ? .absent : .truth(false)), Field("schedule", schedule ?? .absent),
            Field("expires", .instant(rule.expires)), Field("owner", .text(rule.owner)),
            Field("ticket", .text(rule.ticket)), Field("note", .text(rule.note)),
        ]
    }

    private static func end(_ end: EnterpriseEnd) -> Datum {
        switch end {
        case .any: .text("any")
        case .anyOf(let elements): .texts(elements.map(\.description))
        case .noneOf(let elements): .object([Field("not", .texts(elements.map(\.description)))])
        }
    }

    private static func sink(_ sink: Sink) -> [Field] {
        [
            Field("name", .text(sink.name)), Field("kind", .text(sink.kind.rawValue)),
            Field("url", .text(sink.address.description)), Field("send", texts(sink.sources.map(\.rawValue))),
            Field("where", .text(sink.filter)), Field("format", .text(sink.format?.rawValue)),
            Field("rate", .number(sink.rate)),
        ] + sink.settings.map { Field($0.setting.rawValue, .text($0.text)) }
    }

    // MARK: How it says it

    /// Writes a mapping, the first of its lines behind `lead`.
    private mutating func write(mapping fields: [Field], indent: Int, lead: String = "") {
        let margin = String(repeating: " ", count: indent)
        var lead = lead
        for field in fields where !field.value.isAbsent {
            let start = (lead.isEmpty ? margin : lead) + "\(field.key):"
            lead = ""
            if let short = Self.inline(field.value),
                start.utf8.count + short.utf8.count < 120 || !Self.isNested(field.value)
            {
                lines.append("\(start) \(short)")
                continue
            }
            lines.append(start)
            switch field.value {
            case .object(let inner): write(mapping: inner, indent: indent + 2)
            case .list(let items): write(items, indent: indent + 2)
            case .text, .bare, .absent: break
            }
        }
    }

    private mutating func write(_ items: [Datum], indent: Int) {
        let margin = String(repeating: " ", count: indent)
        for item in items {
            if let short = Self.inline(item), short.utf8.count + indent < 118 {
                lines.append("\(margin)- \(short)")
            } else if case .object(let fields) = item {
                write(mapping: fields, indent: indent + 2, lead: "\(margin)- ")
            } else {
                lines.append("\(margin)- \(Self.inline(item) ?? "[]")")
            }
        }
    }

    private static func isNested(_ value: Datum) -> Bool {
        switch value {
        case .list(let items): items.count > 1 || items.contains { if case .object = $0 { true } else { false } }
        case .object: true
        case .text, .bare, .absent: false
        }
    }

    /// The value on one line.
    private static func inline(_ value: Datum) -> String? {
        switch value {
        case .absent: nil
        case .bare(let text): text
        case .text(let text): scalar(text)
        case .list(let items): "[\(items.compactMap(inline).joined(separator: ", "))]"
        case .object(let fields):
            "{\(fields.compactMap { field in inline(field.value).map { "\(field.key): \($0)" } }.joined(separator: ", "))}"
        }
    }

    /// As it stands where YAML takes it for nothing but text, else as JSON has it.
    private static func scalar(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                || " _./+-".utf8.contains(byte)
        }
        let isLetter = text.utf8.first.map { (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) } ?? false
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        let isAddress = text.split(separator: ".", omittingEmptySubsequences: false).count == 4
        if plain, isLetter || isAddress, text.utf8.last != UInt8(ascii: " "), !words.contains(text.lowercased()) {
            return text
        }
        var line = ByteLine(capacity: text.utf8.count + 2)
        line.append(jsonString: text)
        return line.text
    }
}
