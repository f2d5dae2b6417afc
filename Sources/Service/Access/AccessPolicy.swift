import Documents
package import Registry

/// Which roles may do what: oslo.policy's rules, by the names that Neutron gives its operations.
package struct AccessPolicy: Sendable {
    private let rules: [String: AccessRule]

    /// Names that the seed's documents spell in the plural.
    private static let aliases = ["get_loggable_resources": "get_loggable_resource", "get_logs": "get_log"]

    private static let standard: [String: AccessRule] = {
        var rules: [String: AccessRule] = [
            "admin_only": .role("admin"),
            "regular_user": .role("member"),
            "log_keeper": .any([.role("admin"), .role("manager")]),
            "get_loggable_resource": .rule("log_keeper"),
            "get_quota": .role("reader"),
            "update_quota": .rule("admin_only"),
            "delete_quota": .rule("admin_only"),
            // Attaching a group is another right than managing it.
            "attach_security_group": .any([.rule("regular_user"), .role("service")]),
            "detach_security_group": .any([.rule("regular_user"), .role("service")]),
            // Beside it each change that a policy file makes asks for its own right.
            "declare_policy": .rule("regular_user"),
            // A bucket is a place on the hosts' disks.
            "get_bucket": .role("reader"),
            "create_bucket": .rule("admin_only"),
            "delete_bucket": .rule("admin_only"),
            // To other projects: the owner's members, and administrators.
            "update_bucket": .rule("regular_user"),
            "test_bucket": .rule("regular_user"),
            "get_audit": .any([.role("admin"), .role("auditor"), .role("manager")]),
            // A manager reads the trail of the project; the chain is one for all of them.
            "get_audit_of_all_projects": .any([.role("admin"), .role("auditor")]),
            "verify_audit": .rule("get_audit_of_all_projects"),
            // What it says of the trail is believed from then on.
            "seal_audit": .rule("admin_only"),
            "get_host": .any([.role("admin"), .role("auditor")]),
            "create_host": .rule("admin_only"),
            "delete_host": .rule("admin_only"),
            "get_revision": .any([.role("reader"), .role("auditor")]),
            // A reader is told those of the project.
            "get_revision_of_all_projects": .any([.role("admin"), .role("auditor")]),
            "get_revision_state": .any([.role("admin"), .role("auditor")]),
            "get_flow": .any([.role("reader"), .role("auditor")]),
            // A reader is told those of the project.
            "get_flow_of_all_projects": .any([.role("admin"), .role("auditor")]),
            // The enterprise policy is over what the project's members write.
            "get_enterprise_rule": .role("reader"), "get_address_template": .role("reader"),
            "create_enterprise_rule": .rule("log_keeper"), "update_enterprise_rule": .rule("log_keeper"),
            "delete_enterprise_rule": .rule("log_keeper"), "create_address_template": .rule("log_keeper"),
            "update_address_template": .rule("log_keeper"), "delete_address_template": .rule("log_keeper"),
            "get_collection": .role("reader"), "update_collection": .rule("log_keeper"),
            "get_metrics": .any([.role("admin"), .role("auditor")]),
        ]
        for verb in ["get", "create", "update", "delete"] {
            for resource in ["network", "subnet", "port", "security_group", "security_group_rule"] {
                rules["\(verb)_\(resource)"] = verb == "get" ? .role("reader") : .rule("regular_user")
            }
            rules["\(verb)_log"] = .rule("log_keeper")
            for resource in ["instance", "network_acl", "network_acl_rule", "flow_log_collector"] {
                rules["\(verb)_\(resource)"] = verb == "get" ? .role("reader") : .rule("regular_user")
            }
        }
        // The hosts' own service finds the ports of all projects, and binds them.
        for resource in ["network", "subnet"] { rules["get_\(resource)"] = .any([.role("reader"), .role("service")]) }
        rules["get_port"] = .any([.role("reader"), .role("service")])
        for verb in ["create", "update", "delete"] {
            rules["\(verb)_port"] = .any([.rule("regular_user"), .role("service")])
        }
        return rules.merging(AttributeRules.standard) { first, _ in first }
    }()

    init() { rules = Self.standard }

    /// Reads a policy file, JSON or YAML; what it does not name stays as it is.
    ///
    /// - Throws: All faults of the file: what is no mapping of names to rules, and rules that are none.
    init(file path: String) throws(DocumentError) {
        rules = try Document.read(file: path, example: "\"get_port\": \"role:reader\"") { root in
            var rules = Self.standard
            for (name, value) in root.entries("names of operations with their rules") ?? [] {
                // Empty is a rule: everybody may.
                guard let text = value.isEmpty ? "" : value.text("a rule, as \"role:admin\"") else { continue }
                do {
                    rules[Self.aliases[name] ?? name] = try AccessRule(parsing: text)
                } catch {
                    value.report("\(error)", mend: "write a rule, as \"role:admin or role:member\"")
                }
            }
            return rules
        }
    }

    /// Whether a session may do something; an operation that no rule names is the administrator's.
    package func allows(_ operation: String, _ session: Session, _ target: AccessTarget = .init()) -> Bool {
        holds(rules[operation] ?? .role("admin"), session, target, depth: 0)
    }

    /// The first right that stands against an operation: its own, or that of an attribute which it names. nil where none does.
    ///
    /// All APIs decide by it what a change does to one object.
    ///
    /// * `attributes`: as `fixed_ips:ip_address`, each asked for as `create_port:fixed_ips:ip_address`.
    package func denial(
        of operation: String, attributes: [String] = [], _ session: Session, _ target: AccessTarget = .init()
    ) -> String? {
        guard allows(operation, session, target) else { return operation }
        return attributes.lazy.map { "\(operation):\($0)" }.first { !allows(attribute: $0, session, target) }
    }

    /// Whether a rule names an operation.
    func hasRule(_ operation: String) -> Bool { rules[operation] != nil }

    private func holds(_ rule: AccessRule, _ session: Session, _ target: AccessTarget, depth: Int) -> Bool {
        guard depth < 16 else { return false }
        return switch rule {
        case .always: true
        case .never: false
        case .role(let name): session.roles.contains { $0.rawValue == name }
        case .rule(let name):
            rules[name].map { holds($0, session, target, depth: depth + 1) } ?? false
        case .ownProject, .ownUser: target.isOwn
        case .ownNetwork: target.ownsNetwork
        case .sharedNetwork: target.isNetworkShared
        case .networkDevice: target.isNetworkDevice
        case .not(let inner): !holds(inner, session, target, depth: depth + 1)
        case .all(let parts): parts.allSatisfy { holds($0, session, target, depth: depth + 1) }
        case .any(let parts): parts.contains { holds($0, session, target, depth: depth + 1) }
        }
    }
}
