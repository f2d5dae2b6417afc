import HTTPTypes
import Registry
import Service

/// A refusal as clients of the Cloud Firewall API know it: a code that they switch over, and a sentence that says what to mend.
struct FirewallError: Error, Hashable {
    /// The codes of the API that are answered here.
    enum Code: String, Hashable, Sendable {
        case signatureExpired = "AuthFailure.SignatureExpire"
        case signatureWrong = "AuthFailure.SignatureFailure"
        case secretUnknown = "AuthFailure.SecretIdNotFound"
        case authorizationInvalid = "AuthFailure.InvalidAuthorization"
        case tokenRefused = "AuthFailure.TokenFailure"
        case unauthorized = "UnauthorizedOperation"
        case actionUnknown = "InvalidAction"
        case versionUnknown = "NoSuchVersion"
        case unsupported = "UnsupportedOperation"
        case missing = "MissingParameter"
        case unknown = "UnknownParameter"
        case invalid = "InvalidParameter"
        case valueInvalid = "InvalidParameterValue"
        case combination = "InvalidParameterCombination"
        case filter = "InvalidFilter"
        case notFound = "ResourceNotFound"
        case topicUnknown = "ResourceNotFound.TopicNotExist"
        case inUse = "ResourceInUse"
        case syntax = "FailedOperation.SyntaxError"
        case limit = "LimitExceeded"
        case tooMany = "RequestLimitExceeded"
        case failure = "InternalError"
    }

    let code: Code
    let message: String

    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What the registry refuses.
    init(_ error: RegistryError) {
        let code: Code =
            switch error.code {
            case .notFound, .tagMissing: .notFound
            case .inUse: .inUse
            case .overQuota, .addressesExhausted: .limit
            case .forbidden: .unauthorized
            case .unauthenticated: .signatureWrong
            case .tooManyAttempts: .tooMany
            case .newerSchema: .failure
            case .invalid, .defaultGroupExists, .defaultGroupCannotChange, .defaultGroupCannotGo, .ruleExists,
                .addressInUse, .macInUse, .claimedOnHost, .subnetsOverlap, .quotaBelowUse, .revisionMismatch,
                .vpcDefaultGroup, .groupNotInVPC, .mixedGroups, .targetHasCollector, .bucketExists, .notPossibleHere:
                .valueInvalid
            }
        self.init(code, error.message)
    }

    /// What no action was asked about.
    init(_ refusal: Refusal) {
        let code: Code =
            switch refusal.status {
            case .badRequest: .invalid
            case .unauthorized: .authorizationInvalid
            case .forbidden: .unauthorized
            case .notFound, .methodNotAllowed: .actionUnknown
            case .contentTooLarge, .uriTooLong: .limit
            case .tooManyRequests: .tooMany
            default: .failure
            }
        self.init(code, refusal.message)
    }
}
