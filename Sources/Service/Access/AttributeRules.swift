package import Registry

/// Which roles may set, change and see single attributes, as Neutron's default policy has it.
///
/// An attribute that no rule names goes with its object. Where an interface is (host and device) is said by administrators and by
/// the hosts' own service role; in another project's network a member takes the addresses that it is given.
enum AttributeRules {
    static let standard: [String: AccessRule] = {
        let networkOwner = AccessRule.all([.rule("regular_user"), .rule("network_owner")])
        let chooses = AccessRule.any([.rule("admin_or_service"), networkOwner])
        let takes = AccessRule.any([.rule("admin_or_service"), networkOwner, .rule("shared")])
        var rules: [String: AccessRule] = [
            "admin_or_service": .any([.role("admin"), .role("service")]),
            "network_owner": .ownNetwork,
            "shared": .sharedNetwork,
            "network_device": .networkDevice,
            "update_port:mac_address": .rule("admin_or_service"),
            "create_port:mac_address": chooses,
            "create_port:fixed_ips": takes,
            "update_port:fixed_ips": chooses,
        ]
        for verb in ["create", "update"] {
            rules["\(verb)_port:device_owner"] = .any([.not(.rule("network_device")), chooses])
            rules["\(verb)_port:fixed_ips:ip_address"] = chooses
            rules["\(verb)_port:fixed_ips:subnet_id"] = takes
            for attribute in ["port_security_enabled", "allowed_address_pairs"] {
                rules["\(verb)_port:\(attribute)"] = chooses
            }
            for attribute in ["shared", "router:external"] {
                rules["\(verb)_network:\(attribute)"] = .rule("admin_only")
            }
        }
        for attribute in binding {
            for verb in ["create", "update", "get"] {
                rules["\(verb)_port:binding:\(attribute)"] = .rule("admin_or_service")
            }
        }
        for attribute in ["vif_type", "vif_details"] {
            rules["get_port:binding:\(attribute)"] = .rule("admin_or_service")
        }
        return rules
    }()

    /// What says where an interface is.
    static let binding = ["host_id", "profile"]
}

extension AccessPolicy {
    /// Whether a session may name an attribute in an operation; one that no rule names goes with its object.
    ///
    /// * `operation`: `create_port:binding:host_id`.
    package func allows(attribute operation: String, _ session: Session, _ target: AccessTarget = .init()) -> Bool {
        !hasRule(operation) || allows(operation, session, target)
    }
}
