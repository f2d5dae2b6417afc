import HTTPTypes
import Service

/// An error in the VPC API's envelope: `{"errors":[{"code","message","target"}],"trace"}`.
struct VPCError: Error, Hashable {
    /// The codes that clients know; those that tools test are spelled as IBM spells them.
    enum Code: String, Sendable {
        case missingVersion = "missing_version"
        case missingGeneration = "missing_generation_parameter"
        case versionNotSupported = "version_not_supported"
        case validationFailure = "validation_failure"
        case requiredField = "validation_required_field"
        case invalidFieldType = "validation_invalid_field_type"
        case enumeration = "validation_enum"
        case maxValue = "validation_max_value"
        case minValue = "validation_min_value"
        case onlyOne = "validation_only_one"
        case discriminatorForbidden = "validation_discriminator_forbidden"
        case invalidName = "validation_invalid_name"
        case uniqueFailed = "validation_unique_failed"
        case invalidCIDR = "validation_invalid_cidr"
        case invalidIPv4CIDR = "validation_invalid_ipv4_cidr"
        case invalidAddress = "validation_invalid_address"
        case badField = "bad_field"
        case portsBothOrNeither = "security_group_port_range_both_or_neither"
        case portsReversed = "security_group_port_max_less_than_port_min"
        case portsOffProtocol = "security_group_port_range_invalid_protocol"
        case typeOffProtocol = "security_group_type_code_invalid_protocol"
        case remoteNotInVPC = "security_group_remote_group_not_in_vpc"
        case groupNotInVPC = "security_group_not_in_vpc"
        case subnetConflict = "subnet_conflict"
        case serviceError = "service_error"
        case overQuota = "over_quota"
        case notAuthenticated, forbidden
        case notFound = "not_found"
        case notImplemented = "not_implemented"
        case vpcDefaultGroup = "security_group_vpc_default"
        case interfacesAttached = "security_group_interfaces_attached"
        case remotingRules = "security_group_remoting_rules"
        case lastGroup = "security_group_last_security_group"
        case aclInUse = "acl_in_use"
        case subnetNotEmpty = "subnet_not_empty"
        case vpcInUse = "vpc_in_use"
        case inUse = "resource_in_use"
        case collectorTargetInUse = "flow_log_collector_target_in_use"
        case preconditionFailed = "precondition_failed"
        case rateLimit = "rate_limit_exceeded"
        case internalError = "internal_error"
        case tooLarge

        /// The word in the envelope.
        var word: String {
            switch self {
            case .notAuthenticated, .forbidden: "not_authorized"
            case .tooLarge: "validation_failure"
            default: rawValue
            }
        }

        var status: HTTPResponse.Status {
            switch self {
            case .notAuthenticated: .unauthorized
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .notImplemented: .notImplemented
            case .vpcDefaultGroup, .interfacesAttached, .remotingRules, .lastGroup, .aclInUse, .subnetNotEmpty,
                .vpcInUse, .inUse, .collectorTargetInUse:
                .conflict
            case .preconditionFailed: .preconditionFailed
            case .rateLimit: .tooManyRequests
            case .internalError: .internalServerError
            case .tooLarge: .contentTooLarge
            default: .badRequest
            }
        }
    }

    /// What of the request is at fault.
    struct Target: Hashable, Sendable {
        enum Place: String, Sendable {
            case field
            case parameter
            case header
        }

        let name: String
        let place: Place
        var value: JSON?
    }

    let code: Code
    let message: String
    var target: Target?

    init(_ code: Code, _ message: String, _ target: Target? = nil) {
        self.code = code
        self.message = message
        self.target = target
    }

    static func field(_ code: Code, _ name: String, _ message: String, value: JSON? = nil) -> VPCError {
        VPCError(code, message, Target(name: name, place: .field, value: value))
    }

    static func parameter(_ code: Code, _ name: String, _ message: String, value: String? = nil) -> VPCError {
        VPCError(code, message, Target(name: name, place: .parameter, value: value.map { .string($0) }))
    }

    static let routeMissing = VPCError(.notFound, "There is nothing at this path.")

    static let internalFailure = VPCError(.internalError, "The request failed inside the server.")

    /// `trace` is the request id that the answer and the trail bear.
    func answer(trace: String) -> Answer {
        var item = JSONObject([("code", .string(code.word)), ("message", .string(message))])
        if let target {
            var described = JSONObject([("name", .string(target.name)), ("type", .string(target.place.rawValue))])
            described["value"] = target.value
            item["target"] = .object(described)
        }
        var answer = Answer(
            code.status, .object(["errors": .array([.object(item)]), "trace": .string(trace)]))
        if code == .notAuthenticated { answer.headers[.wwwAuthenticate] = "Bearer" }
        if code == .rateLimit { answer.headers[.retryAfter] = "60" }
        return answer
    }
}
