/// The things that a scan looks for. A further one is a case, with its words, and a place in a function of `PostureScan.checks`.
package enum PostureCheck {
    package enum Name: String, Hashable, Sendable, CaseIterable {
        case internetAdminPort = "internet-admin-port"
        case internetDatabasePort = "internet-database-port"
        case internetAnyPort = "internet-any-port"
        case unrestrictedEgress = "unrestricted-egress"
        case anyToAny = "any-to-any"
        case shadowedRule = "shadowed-rule"
        case irrelevantRule = "irrelevant-rule"
        case refusedAnswer = "refused-answer"
        case unusedGroup = "unused-group"
        case groupWithoutMembers = "group-without-members"
        case noCollector = "no-collector"
        case shadowedCollector = "shadowed-collector"
        case notCollected = "not-collected"
        case observedOnly = "observed-only"
        case expiredRule = "expired-rule"
        case ruleWithoutOwner = "rule-without-owner"
        case silentBlock = "silent-block"
        case unknownPorts = "unknown-ports"
        case notEnforced = "not-enforced"
        case hostProblem = "host-problem"

        /// What is wanted, as a baseline says it.
        package var title: String {
            switch self {
            case .internetAdminPort: "No administration port is reached from the internet"
            case .internetDatabasePort: "No database port is reached from the internet"
            case .internetAnyPort: "No interface is reached from the internet at every port"
            case .unrestrictedEgress: "Interfaces reach the internet at the ports that they need"
            case .anyToAny: "No rule admits every port from everywhere"
            case .shadowedRule: "Every rule decides something"
            case .irrelevantRule: "Every rule can match something that exists"
            case .refusedAnswer: "What is accepted is answered"
            case .unusedGroup: "Every group is carried by an interface, and every network ACL by a subnet"
            case .groupWithoutMembers: "Groups that rules name have members"
            case .noCollector: "Flow logs of every interface are delivered"
            case .shadowedCollector: "Every collector covers an interface"
            case .notCollected: "Every path of a VPC is recorded"
            case .observedOnly: "Refusals are enforced"
            case .expiredRule: "No rule of the enterprise policy is past its end"
            case .ruleWithoutOwner: "Every rule of the enterprise policy has an owner"
            case .silentBlock: "Every block tells its hits"
            case .unknownPorts: "Unknown ports of a bridge are refused"
            case .notEnforced: "Every interface is enforced"
            case .hostProblem: "The host has no problem"
            }
        }
    }
}
