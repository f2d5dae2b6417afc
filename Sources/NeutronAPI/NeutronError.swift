import HTTPTypes
import Registry
import Service

/// An error in Neutron's envelope: `{"NeutronError":{"type","message","detail"}}`.
struct NeutronError: Error, Hashable {
    let status: HTTPResponse.Status
    /// Name of the class that Neutron's clients know.
    let type: String
    let message: String

    init(_ status: HTTPResponse.Status, _ type: String, _ message: String) {
        self.status = status
        self.type = type
        self.message = message
    }

    static func badRequest(_ message: String) -> NeutronError { .init(.badRequest, "HTTPBadRequest", message) }

    static func invalid(_ attribute: String, _ reason: String) -> NeutronError {
        .init(.badRequest, "InvalidInput", "Invalid input for \(attribute). Reason: \(reason).")
    }

    static func forbidden(_ operation: String) -> NeutronError {
        .init(
            .forbidden, "PolicyNotAuthorized", "rule:\(operation) is disallowed by policy")
    }

    static let resourceMissing = NeutronError(.notFound, "HTTPNotFound", "The resource could not be found.")

    var answer: Answer {
        var answer = Answer(
            status,
            .object([
                "NeutronError": .object(["type": .string(type), "message": .string(message), "detail": ""])
            ]))
        if status == .unauthorized { answer.headers[.wwwAuthenticate] = "Keystone uri=\"/identity\"" }
        return answer
    }
}

extension NeutronError {
    /// A refusal of the ground, by the name that Neutron has for its status.
    init(_ refusal: Refusal) {
        let type =
            switch refusal.status {
            case .unauthorized: "HTTPUnauthorized"
            case .forbidden: "PolicyNotAuthorized"
            case .notFound: "HTTPNotFound"
            case .contentTooLarge: "HTTPRequestEntityTooLarge"
            case .tooManyRequests: "HTTPTooManyRequests"
            case .internalServerError: "HTTPInternalServerError"
            default: "HTTPBadRequest"
            }
        self.init(refusal.status, type, refusal.message)
    }

    /// The registry's refusals, by the names and statuses that Neutron gives them.
    init(_ error: RegistryError) {
        let type =
            switch error.code {
            case .notFound(let kind): Self.missingType(kind)
            case .inUse(let kind): Self.busyType(kind)
            case .invalid(let what): Self.invalidType(what)
            case .forbidden: "PolicyNotAuthorized"
            case .unauthenticated: "HTTPUnauthorized"
            case .tooManyAttempts: "HTTPTooManyRequests"
            case .defaultGroupExists: "SecurityGroupDefaultAlreadyExists"
            case .defaultGroupCannotChange: "SecurityGroupCannotUpdateDefault"
            case .defaultGroupCannotGo: "SecurityGroupCannotRemoveDefault"
            case .ruleExists: "SecurityGroupRuleExists"
            case .overQuota: "OverQuota"
            case .addressInUse: "IpAddressAlreadyAllocated"
            case .macInUse: "MacAddressInUse"
            case .addressesExhausted: "IpAddressGenerationFailure"
            case .subnetsOverlap, .groupNotInVPC, .notPossibleHere: "InvalidInput"
            case .quotaBelowUse: "InvalidQuotaValue"
            case .tagMissing: "TagNotFound"
            case .revisionMismatch: "RevisionNumberConstraintFailed"
            case .vpcDefaultGroup: "SecurityGroupInUse"
            case .mixedGroups: "SecurityGroupConflict"
            case .targetHasCollector, .bucketExists, .claimedOnHost: "Conflict"
            case .newerSchema: "HTTPInternalServerError"
            }
        self.init(error.code.status, type, error.message)
    }

    static func missingType(_ kind: Kind) -> String {
        switch kind {
        case .vpc: "NetworkNotFound"
        case .subnet: "SubnetNotFound"
        case .interface: "PortNotFound"
        case .group: "SecurityGroupNotFound"
        case .rule: "SecurityGroupRuleNotFound"
        case .log: "LogResourceNotFound"
        case .project, .user, .host, .instance, .acl, .aclRule, .collector, .bucket, .enterpriseRule,
            .addressTemplate:
            "NotFound"
        }
    }

    private static func busyType(_ kind: Kind) -> String {
        switch kind {
        case .vpc: "NetworkInUse"
        case .subnet: "SubnetInUse"
        case .group: "SecurityGroupInUse"
        default: "InUse"
        }
    }

    private static func invalidType(_ what: RegistryError.Invalidity) -> String {
        switch what {
        case .body, .address: "InvalidInput"
        case .etherType: "SecurityGroupRuleInvalidEtherType"
        case .ruleProtocol: "SecurityGroupRuleInvalidProtocol"
        case .port: "SecurityGroupInvalidPortValue"
        case .portRange: "SecurityGroupInvalidPortRange"
        case .protocolForPort: "SecurityGroupInvalidProtocolForPort"
        case .protocolRequired: "SecurityGroupProtocolRequiredWithPorts"
        case .icmpValue: "SecurityGroupInvalidIcmpValue"
        case .icmpTypeMissing: "SecurityGroupMissingIcmpType"
        case .prefix: "InvalidCIDR"
        case .familyConflict: "SecurityGroupRuleParameterConflict"
        case .protocolConflict: "SecurityGroupEthertypeConflictWithProtocol"
        // The misspelling is Neutron's.
        case .severalRemotes: "SecurityGroupMultipleRemoteEntites"
        case .logType: "InvalidLogResourceType"
        case .logConstraint: "InvalidResourceConstraint"
        case .severalGroups: "SecurityGroupNotSingleGroupRules"
        case .duplicateInPost: "DuplicateSecurityGroupRuleInPost"
        }
    }
}
