/// Why the registry refuses.
///
/// Two errors are equal when their codes are: the wording is for people.
package struct RegistryError: Error, Hashable, CustomStringConvertible {
    package enum Code: Hashable, Sendable {
        case notFound(Kind)
        case inUse(Kind)
        /// An input that no state would accept.
        case invalid(Invalidity)
        case forbidden
        case unauthenticated
        case tooManyAttempts
        case defaultGroupExists
        case defaultGroupCannotChange
        case defaultGroupCannotGo
        case ruleExists
        case overQuota
        case addressInUse
        case macInUse
        /// A device of a host, or an address on it, is another interface's.
        case claimedOnHost
        case addressesExhausted
        case subnetsOverlap
        case quotaBelowUse
        case tagMissing
        case revisionMismatch
        /// A VPC keeps its default group.
        case vpcDefaultGroup
        /// A group of one VPC meets an interface or group of another.
        case groupNotInVPC
        /// An interface's groups are all stateful or all stateless.
        case mixedGroups
        case targetHasCollector
        case bucketExists
        case notPossibleHere
        case newerSchema
    }

    /// What is wrong with an input, where a client's contract tells the cases apart.
    package enum Invalidity: Hashable, Sendable {
        case body
        case etherType
        case ruleProtocol
        case port
        case portRange
        case protocolForPort
        case protocolRequired
        case icmpValue
        case icmpTypeMissing
        case prefix
        case familyConflict
        case protocolConflict
        case severalRemotes
        case logType
        case logConstraint
        case severalGroups
        case duplicateInPost
        case address
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }

    package static func == (lhs: RegistryError, rhs: RegistryError) -> Bool { lhs.code == rhs.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }

    package static func notFound(_ kind: Kind, _ id: String) -> RegistryError {
        RegistryError(.notFound(kind), "\(kind.title) \(id) could not be found.")
    }
}
