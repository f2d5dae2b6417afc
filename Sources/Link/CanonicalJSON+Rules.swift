import Model

/// Security groups and network ACLs; a case of an enum is an object with the case's name for its key.
extension CanonicalJSON {
    mutating func append(_ group: SecurityGroup) {
        append(#"{"id":"#)
        append(group.id)
        append(#","isPredefined":"#)
        append(group.isPredefined)
        if !group.isStateful { append(#","isStateful":false"#) }
        append(#","membersElsewhere":"#)
        append(group.membersElsewhere) { $0.append($1) }
        append(#","mode":"#, string: group.mode?.rawValue)
        append(#","name":"#)
        append(string: group.name)
        append(#","rules":"#)
        append(group.rules) { $0.append($1) }
        append("}")
    }

    private mutating func append(_ rule: Rule) {
        append(#"{"description":"#)
        append(string: rule.description)
        append(#","direction":"#)
        append(plain: rule.direction.rawValue)
        append(#","family":"#, number: rule.family?.rawValue)
        append(#","id":"#)
        append(rule.id)
        append(#","local":"#, prefix: rule.local)
        append(#","remote":"#)
        append(rule.remote)
        append(#","service":"#)
        append(rule.service)
        append("}")
    }

    mutating func append(_ acl: NetworkACL) {
        append(#"{"id":"#)
        append(acl.id)
        append(#","name":"#)
        append(string: acl.name)
        append(#","rules":"#)
        append(acl.rules) { $0.append($1) }
        append("}")
    }

    private mutating func append(_ rule: ACLRule) {
        append(#"{"action":"#)
        append(plain: rule.action.rawValue)
        append(#","direction":"#)
        append(plain: rule.direction.rawValue)
        append(#","family":"#, number: rule.family?.rawValue)
        append(#","id":"#)
        append(rule.id)
        append(#","name":"#)
        append(string: rule.name)
        append(#","service":"#)
        append(rule.service)
        append(#","source":"#, prefix: rule.source)
        append(#","sourcePorts":"#, ports: rule.sourcePorts)
        append(#","target":"#, prefix: rule.target)
        append("}")
    }

    private mutating func append(_ remote: Remote) {
        switch remote {
        case .any: append(#"{"any":{}}"#)
        case .prefix(let prefix):
            append(#"{"prefix":{"_0":"#)
            append(prefix)
            append("}}")
        case .group(let name):
            append(#"{"group":{"_0":"#)
            append(string: name)
            append("}}")
        }
    }

    private mutating func append(_ service: Service) {
        switch service {
        case .any: append(#"{"any":{}}"#)
        case .icmpTCPUDP: append(#"{"icmpTCPUDP":{}}"#)
        case .transport(let transport, let ports):
            append(#"{"transport":{"_0":"#)
            append(number: transport.rawValue)
            append(#","_1":"#, ports: ports)
            append("}}")
        case .icmp(let transport, let type, let code):
            append(#"{"icmp":{"_0":"#)
            append(number: transport.rawValue)
            append(#","code":"#, number: code)
            append(#","type":"#, number: type)
            append("}}")
        }
    }
}
