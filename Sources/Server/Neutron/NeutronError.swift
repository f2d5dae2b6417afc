import HTTPTypes
import Registry

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

    static let internalFailure = NeutronError(
        .internalServerError, "HTTPInternalServerError",
        "Request Failed: internal server error while processing your request.")

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
    /// The registry's refusals, by the names and statuses that Neutron gives them.
    init(_ error: RegistryError) {
        let (status, type): (HTTPResponse.Status, String) =
            switch error.code {
            case .notFound(let kind): (.notFound, Self.missingType(kind))
            case .inUse(let kind): (.conflict, Self.busyType(kind))
            case .invalid(let what): (what == .duplicateInPost ? .conflict : .badRequest, Self.invalidType(what))
            case .forbidden: (.forbidden, "PolicyNotAuthorized")
            case .unauthenticated: (.unauthorized, "HTTPUnauthorized")
            case .tooManyAttempts: (.tooManyRequests, "HTTPTooManyRequests")
            case .defaultGroupExists: (.conflict, "SecurityGroupDefaultAlreadyExists")
            case .defaultGroupCannotChange: (.conflict, "SecurityGroupCannotUpdateDefault")
            case .defaultGroupCannotGo: (.conflict, "SecurityGroupCannotRemoveDefault")
            case .ruleExists: (.conflict, "SecurityGroupRuleExists")
            case .overQuota: (.conflict, "OverQuota")
            case .addressInUse: (.conflict, "IpAddressAlreadyAllocated")
            case .macInUse: (.conflict, "MacAddressInUse")
            case .addressesExhausted: (.conflict, "IpAddressGenerationFailure")
            case .subnetsOverlap: (.badRequest, "InvalidInput")
            case .quotaBelowUse: (.conflict, "InvalidQuotaValue")
            case .tagMissing: (.notFound, "TagNotFound")
            case .revisionMismatch: (.preconditionFailed, "RevisionNumberConstraintFailed")
            case .vpcDefaultGroup: (.conflict, "SecurityGroupInUse")
            case .groupNotInVPC: (.badRequest, "InvalidInput")
            case .mixedGroups: (.conflict, "SecurityGroupConflict")
            case .targetHasCollector: (.conflict, "Conflict")
            case .bucketExists: (.conflict, "Conflict")
            case .notPossibleHere: (.badRequest, "InvalidInput")
            case .newerSchema: (.internalServerError, "HTTPInternalServerError")
            }
        self.init(status, type, error.message)
    }

    static func missingType(_ kind: Kind) -> String {
        switch kind {
        case .vpc: "NetworkNotFound"
        case .subnet: "SubnetNotFound"
        case .interface: "PortNotFound"
        case .group: "SecurityGroupNotFound"
        case .rule: "SecurityGroupRuleNotFound"
        case .log: "LogResourceNotFound"
        case .project, .user, .host, .instance, .acl, .aclRule, .collector, .bucket: "NotFound"
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
