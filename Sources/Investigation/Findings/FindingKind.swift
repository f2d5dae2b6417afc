/// Every kind of finding, in one list.
package enum FindingKind: String, CaseIterable, Sendable {
    case verticalScan = "vertical_scan"
    case horizontalScan = "horizontal_scan"
    case slowScan = "slow_scan"
    case distributedScan = "distributed_scan"
    case bruteForce = "brute_force"
    case beacon
    case exfiltration
    case lateralMovement = "lateral_movement"
    case refusedEgressBurst = "refused_egress_burst"
    case flood
    case newService = "new_service"
    case listedAddress = "listed_address"
    case failedConnectionBurst = "failed_connection_burst"
    case dormantInterface = "dormant_interface"
    case answerRefused = "answer_refused"

    /// What was found, in a sentence's words.
    package var meaning: String {
        switch self {
        case .verticalScan: "one source asks many ports of few targets, and fails"
        case .horizontalScan: "one source asks many targets, and fails"
        case .slowScan: "the same, a minute or more between two requests"
        case .distributedScan: "many sources ask one target, or one port of many, each little, and fail"
        case .bruteForce: "one source tries to log in again and again"
        case .beacon: "an own address calls the same outside address at regular times"
        case .exfiltration: "an own address sends far more to an outside one than it is used to"
        case .lateralMovement: "an own address that never administered others begins to"
        case .refusedEgressBurst: "the policy refuses many requests of an own address to outside ones"
        case .flood: "a target gets requests at a rate that is meant to deny its service"
        case .newService: "an own address answers at a port at which it never did"
        case .listedAddress: "traffic with an address of a list"
        case .failedConnectionBurst: "one source fails again and again at one service"
        case .dormantInterface: "an own address that was silent for days asks others"
        case .answerRefused: "the request was let in and the answer refused: a fault of the policy"
        }
    }

    /// The technique of ATT&CK; nil for what is no attack, or no certain one.
    package var technique: String? {
        switch self {
        case .verticalScan, .horizontalScan, .slowScan, .distributedScan: "T1046"
        case .bruteForce: "T1110"
        case .beacon: "T1071"
        case .exfiltration: "T1048"
        case .lateralMovement: "T1021"
        case .refusedEgressBurst: "T1571"
        case .flood: "T1498"
        case .newService: "T1133"
        case .listedAddress: "T1071"
        case .failedConnectionBurst, .answerRefused: nil
        case .dormantInterface: "T1078"
        }
    }
}

/// How much a finding matters: what was exposed by it counts, not how loud it was.
package enum Severity: Int, CaseIterable, Sendable, Comparable {
    case info
    case low
    case medium
    case high
    case critical

    package var name: String {
        switch self {
        case .info: "info"
        case .low: "low"
        case .medium: "medium"
        case .high: "high"
        case .critical: "critical"
        }
    }

    package static func < (lhs: Severity, rhs: Severity) -> Bool { lhs.rawValue < rhs.rawValue }
}
