package import Model

/// One thing that a policy is made of, without the things below it: what a difference of two policies tells apart.
///
/// A part holds the whole value that the policy has there, with only its list of further parts emptied. So whatever an
/// object says, a new property too, is compared without this file knowing of it.
package enum PolicyPart: Hashable, Sendable {
    /// The policy itself.
    case project(Policy)
    case vpc(VPC)
    case subnet(Subnet)
    case acl(NetworkACL)
    case aclRule(ACLRule)
    case group(SecurityGroup)
    case rule(Rule)
    case instance(Instance)
    case interface(Interface)
    case enterpriseRule(EnterpriseRule)
    case collector(Collector)
    case log(LogResource)
    case sink(Sink)

    /// What a part is, as a person calls it.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case project
        case vpc
        case subnet
        case acl
        case aclRule = "acl rule"
        case group
        case rule
        case instance
        case interface
        case enterpriseRule = "enterprise rule"
        case collector
        case log
        case sink
    }

    package var kind: Kind {
        switch self {
        case .project: .project
        case .vpc: .vpc
        case .subnet: .subnet
        case .acl: .acl
        case .aclRule: .aclRule
        case .group: .group
        case .rule: .rule
        case .instance: .instance
        case .interface: .interface
        case .enterpriseRule: .enterpriseRule
        case .collector: .collector
        case .log: .log
        case .sink: .sink
        }
    }

    /// By which it is the same part in another policy: its name, or its id where texts may repeat.
    var key: String {
        switch self {
        case .project: ""
        case .vpc(let vpc): vpc.name
        case .subnet(let subnet): subnet.name
        case .acl(let acl): acl.name
        case .aclRule(let rule): rule.id.description
        case .group(let group): group.name
        case .rule(let rule): rule.id.description
        case .instance(let instance): instance.name
        case .interface(let interface): interface.name
        case .enterpriseRule(let rule): rule.name
        case .collector(let collector): collector.name
        case .log(let log): log.id
        case .sink(let sink): sink.name
        }
    }

    /// Where a part is: its kind and the keys from the policy down to it.
    package struct Address: Hashable, Sendable {
        package let kind: Kind
        package let keys: [String]

        static let root = Address(kind: .project, keys: [])
    }

    /// The parts of one kind below a part, which have an order.
    package struct Siblings: Hashable, Sendable {
        package let parent: Address
        package let kind: Kind
    }
}
