import HTTPTypes
import Registry
import Service

extension VPCError {
    /// A refusal of the ground, by the code that the VPC API has for its status.
    init(_ refusal: Refusal) {
        let code: Code =
            switch refusal.status {
            case .unauthorized: .notAuthenticated
            case .forbidden: .forbidden
            case .notFound: .notFound
            case .contentTooLarge: .tooLarge
            case .tooManyRequests: .rateLimit
            case .internalServerError: .internalError
            default: .validationFailure
            }
        self.init(code, code == .internalError ? Self.internalFailure.message : refusal.message)
    }

    /// The registry's refusals, by the codes that the VPC API has for them.
    init(_ error: RegistryError) {
        let message = error.message
        self =
            switch error.code {
            case .notFound: VPCError(.notFound, message)
            case .inUse(let kind): VPCError(Self.busy(kind), message)
            case .invalid(let what): VPCError(Self.invalid(what), message)
            case .forbidden: VPCError(.forbidden, message)
            case .unauthenticated: VPCError(.notAuthenticated, message)
            case .tooManyAttempts: VPCError(.rateLimit, message)
            case .defaultGroupExists, .bucketExists: .field(.uniqueFailed, "name", message)
            case .defaultGroupCannotGo, .vpcDefaultGroup: VPCError(.vpcDefaultGroup, message)
            case .defaultGroupCannotChange: .field(.badField, "name", message)
            case .overQuota: VPCError(.overQuota, message)
            case .addressInUse, .addressesExhausted: .field(.badField, "primary_ip.address", message)
            case .claimedOnHost: VPCError(.inUse, message)
            case .subnetsOverlap: .field(.subnetConflict, "ipv4_cidr_block", message)
            case .revisionMismatch: VPCError(.preconditionFailed, message)
            case .groupNotInVPC: VPCError(.groupNotInVPC, message)
            case .targetHasCollector: .field(.collectorTargetInUse, "target", message)
            case .mixedGroups, .macInUse, .ruleExists, .quotaBelowUse, .tagMissing, .notPossibleHere:
                VPCError(.badField, message)
            case .newerSchema: .internalFailure
            }
    }

    private static func busy(_ kind: Kind) -> Code {
        switch kind {
        case .group: .interfacesAttached
        case .acl: .aclInUse
        case .subnet: .subnetNotEmpty
        default: .vpcInUse
        }
    }

    private static func invalid(_ what: RegistryError.Invalidity) -> Code {
        switch what {
        case .ruleProtocol, .etherType: .enumeration
        case .portRange: .portsReversed
        case .protocolForPort, .protocolRequired: .portsOffProtocol
        case .prefix: .invalidCIDR
        case .address: .invalidAddress
        case .severalRemotes: .onlyOne
        case .body: .validationFailure
        default: .badField
        }
    }
}
