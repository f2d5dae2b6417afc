import Model

/// Where something is let through that reads as if it were refused.
enum ModeChecks {
    static func findings(_ ground: PostureGround) -> [PostureFinding] {
        var found: [PostureFinding] = []
        func observed(_ resource: String) {
            found.append(
                PostureFinding(
                    .observedOnly, .high, resource,
                    "what its groups and the enterprise policy refuse passes, and is only noted",
                    mend: "remove observe: true when the notes are as they should be"))
        }
        for vpc in ground.policy.vpcs {
            if vpc.mode != nil { observed("vpc/\(vpc.name)") }
            for group in vpc.groups where group.mode != nil { observed("\(vpc.name)/\(group.name)") }
            for instance in vpc.instances {
                for interface in instance.interfaces where interface.mode != nil {
                    observed("\(instance.name)/\(interface.name)")
                }
            }
        }
        for bridge in ground.policy.bridges ?? [] where bridge.unknown == .accept {
            found.append(
                PostureFinding(
                    .unknownPorts, .medium, bridge.name,
                    "ports that no interface claims send and receive what they like",
                    mend: "set unknown: refuse, and name the uplinks"))
        }
        return found
    }
}
