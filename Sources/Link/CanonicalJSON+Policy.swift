import Model

/// A policy's networks and what is in them.
extension CanonicalJSON {
    mutating func append(_ policy: Policy) throws {
        append("{")
        if let assertions = policy.assertions {
            append(#""assertions":"#)
            if assertions.isEmpty { append("[]") } else { try append(encoding: assertions) }
            append(",")
        }
        if let bridges = policy.bridges {
            append(#""bridges":"#)
            if bridges.isEmpty { append("[]") } else { try append(encoding: bridges) }
            append(",")
        }
        append(#""collectors":"#)
        if policy.collectors.isEmpty { append("[]") } else { try append(encoding: policy.collectors) }
        if let enterprise = policy.enterprise {
            append(#","enterprise":"#)
            if enterprise.isEmpty { append("[]") } else { try append(encoding: enterprise) }
        }
        if let logs = policy.logs {
            append(#","logs":"#)
            if logs.isEmpty { append("[]") } else { try append(encoding: logs) }
        }
        append(#","project":"#)
        append(string: policy.project)
        append(#","region":"#, string: policy.region)
        if let sinks = policy.sinks {
            append(#","sinks":"#)
            if sinks.isEmpty { append("[]") } else { try append(encoding: sinks) }
        }
        append(#","vpcs":"#)
        append(policy.vpcs) { $0.append($1) }
        append("}")
    }

    private mutating func append(_ vpc: VPC) {
        append(#"{"acls":"#)
        append(vpc.acls) { $0.append($1) }
        if let collected = vpc.collected {
            append(#","collected":"#)
            append(collected) { $0.append(string: $1.rawValue) }
        }
        append(#","groups":"#)
        append(vpc.groups) { $0.append($1) }
        append(#","id":"#)
        append(vpc.id)
        append(#","instances":"#)
        append(vpc.instances) { $0.append($1) }
        append(#","mode":"#, string: vpc.mode?.rawValue)
        append(#","name":"#)
        append(string: vpc.name)
        append(#","prefixes":"#)
        append(vpc.prefixes) { $0.append($1) }
        append(#","subnets":"#)
        append(vpc.subnets) { $0.append($1) }
        append("}")
    }

    private mutating func append(_ subnet: Subnet) {
        append("{")
        if let acl = subnet.acl {
            append(#""acl":"#)
            append(string: acl)
            append(",")
        }
        if let dhcp = subnet.dhcp {
            append(#""dhcp":{"servers":"#)
            append(dhcp.servers) { $0.append($1) }
            append("},")
        }
        append(#""id":"#)
        append(subnet.id)
        append(#","name":"#)
        append(string: subnet.name)
        append(#","prefixes":"#)
        append(subnet.prefixes) { $0.append($1) }
        append(#","zone":"#, string: subnet.zone)
        append("}")
    }

    private mutating func append(_ instance: Instance) {
        append(#"{"id":"#)
        append(instance.id)
        append(#","interfaces":"#)
        append(instance.interfaces) { $0.append($1) }
        append(#","name":"#)
        append(string: instance.name)
        append(#","zone":"#, string: instance.zone)
        append("}")
    }

    private mutating func append(_ interface: Interface) {
        append(#"{"addresses":"#)
        append(interface.addresses) { $0.append($1) }
        append(#","device":"#, string: interface.device)
        append(#","groups":"#)
        append(interface.groups) { $0.append(string: $1) }
        append(#","id":"#)
        append(interface.id)
        if let mac = interface.mac {
            append(#","mac":"#)
            append(plain: mac.description)
        }
        append(#","mode":"#, string: interface.mode?.rawValue)
        append(#","name":"#)
        append(string: interface.name)
        if !interface.pairs.isEmpty {
            append(#","pairs":"#)
            append(interface.pairs) { $0.append($1) }
        }
        if !interface.prefixes.isEmpty {
            append(#","prefixes":"#)
            append(interface.prefixes) { $0.append($1) }
        }
        append(#","project":"#, string: interface.project)
        append(#","projectName":"#, string: interface.projectName)
        append(#","subnet":"#)
        append(string: interface.subnet)
        append("}")
    }

    private mutating func append(_ pair: AddressPair) {
        append(#"{"address":"#)
        append(pair.prefix)
        if let mac = pair.mac {
            append(#","mac":"#)
            append(plain: mac.description)
        }
        if pair.isShared { append(#","shared":true"#) }
        append("}")
    }
}
