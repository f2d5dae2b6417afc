import Foundation
import GRDB
import Model

/// Makes of a project's stored rules what hosts judge by: rules over addresses, as objects have them now.
struct EnterpriseReader {
    /// What of a project all its hosts are told.
    struct Rules {
        var rules: [EnterpriseRule] = []
        var editions: [RuleEdition] = []
    }

    private let projectID: String
    private let database: Database
    private let templates: [String: [String]]
    private var known: [StoredEnterpriseRule.End: [IPPrefix]] = [:]

    private init(_ projectID: String, _ database: Database) throws {
        self.projectID = projectID
        self.database = database
        templates = Dictionary(
            try StoredAddressTemplate.byName(of: projectID, in: database).map { ($0.templateID, $0.entries) }
        ) { first, _ in first }
    }

    /// The rules of a project that are on, each once for each end at which it is asked. One that names what nobody has matches
    /// nothing, and is left out.
    static func rules(of projectID: String, in database: Database) throws -> Rules {
        let stored = try StoredEnterpriseRule.all(of: projectID, in: database).filter(\.isEnabled)
        guard !stored.isEmpty else { return Rules() }
        var reader = try EnterpriseReader(projectID, database)
        var found = Rules()
        for rule in stored {
            let (source, target) = (try reader.prefixes(rule.source), try reader.prefixes(rule.target))
            guard !source.isEmpty, !target.isEmpty else { continue }
            for direction in rule.sides.directions {
                let id = rule.recordID(direction)
                found.rules.append(
                    EnterpriseRule(
                        id: id, name: rule.hostName(direction), action: rule.action, direction: direction,
                        source: .anyOf(source.map { .prefix($0) }), target: .anyOf(target.map { .prefix($0) }),
                        services: try rule.services, scope: EnterpriseScope(projects: [projectID]),
                        note: rule.description))
                found.editions.append(
                    RuleEdition(
                        kind: .enterpriseRule, id: rule.id, number: rule.edition ?? 0, recordID: id.description))
            }
        }
        return found
    }

    /// Whether what some rule means can become another without a change of the rule: by changes of networks, interfaces,
    /// groups or instances.
    static func areDynamic(in database: Database) throws -> Bool {
        try Bool.fetchOne(
            database.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM enterprise_rule WHERE isEnabled
                      AND (json_extract(source, '$.form') NOT IN ('network', 'template')
                        OR json_extract(target, '$.form') NOT IN ('network', 'template')))
                    """)) ?? false
    }

    private mutating func prefixes(_ end: StoredEnterpriseRule.End) throws -> [IPPrefix] {
        if let found = known[end] { return found }
        let texts: [String]
        switch end.form {
        case .network: texts = [end.content]
        case .template: texts = templates[end.content] ?? []
        case .group:
            texts = try addresses(
                "SELECT interfaceID FROM interface_group WHERE groupID = ?", [end.content])
        case .tag:
            texts = try addresses(
                """
                SELECT objectID FROM tag WHERE kind = 'interface' AND tag = ?1 UNION
                SELECT interface.id FROM tag JOIN instance ON kind = 'instance' AND objectID = instance.id
                  JOIN interface USING (vpcID, projectID, deviceID) WHERE tag = ?1
                """, [end.content])
        case .region:
            texts = try String.fetchAll(
                database.cachedStatement(sql: "SELECT DISTINCT cidr FROM subnet WHERE projectID = ?"),
                arguments: [projectID])
        case .asset: texts = try addresses(ofAsset: end)
        }
        let found = try texts.map { text in
            guard let prefix = RuleDraft.network(text) else {
                throw RowReading(.enterpriseRule, end.content).fault("source", text, "an address or a block")
            }
            return prefix
        }
        // The same list for the same state, whatever order rows come in.
        let sorted = Array(Set(found)).sorted { ($0.description) < ($1.description) }
        known[end] = sorted
        return sorted
    }

    private func addresses(ofAsset end: StoredEnterpriseRule.End) throws -> [String] {
        switch end.asset {
        case .vpc:
            try String.fetchAll(
                database.cachedStatement(sql: "SELECT DISTINCT cidr FROM subnet WHERE vpcID = ?"),
                arguments: [end.content])
        case .subnet:
            try String.fetchAll(
                database.cachedStatement(sql: "SELECT cidr FROM subnet WHERE id = ?"), arguments: [end.content])
        case .interface: try addresses("SELECT id FROM interface WHERE id = ?", [end.content])
        default:
            try addresses(
                "SELECT interface.id FROM interface JOIN instance USING (vpcID, projectID, deviceID) WHERE instance.id = ?",
                [end.content])
        }
    }

    /// The addresses of interfaces, and what they may use besides.
    private func addresses(_ interfaces: String, _ arguments: StatementArguments) throws -> [String] {
        try String.fetchAll(
            database.cachedStatement(
                sql: """
                    WITH wanted AS (\(interfaces))
                    SELECT address FROM interface_address WHERE interfaceID IN wanted UNION
                    SELECT json_extract(value, '$.address') FROM interface, json_each(pairs) WHERE interface.id IN wanted
                    """), arguments: arguments)
    }
}

extension StoredEnterpriseRule {
    /// The services that its protocol and ports name.
    fileprivate var services: [Service] {
        get throws {
            switch transport {
            case "any": return [.any]
            case "icmp": return [.icmp(.icmp, type: nil, code: nil), .icmp(.icmpv6, type: nil, code: nil)]
            case "tcp", "udp":
                let transport: TransportProtocol = transport == "tcp" ? .tcp : .udp
                guard !ports.isEmpty else { return [.transport(transport, nil)] }
                return try ports.split(separator: ",").map { item in
                    let ends = item.split(separator: "/").compactMap { UInt16($0) }
                    guard let first = ends.first, let last = ends.last, first <= last else {
                        throw RowReading(.enterpriseRule, id).fault("ports", ports, "ports and ranges, with commas")
                    }
                    return .transport(transport, PortRange(first, last))
                }
            default: throw RowReading(.enterpriseRule, id).fault("transport", transport, "any, tcp, udp or icmp")
            }
        }
    }
}
