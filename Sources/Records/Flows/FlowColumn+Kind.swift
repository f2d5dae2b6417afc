import Model

extension FlowColumn {
    /// What the values of a column are.
    package enum Kind: Hashable, Sendable {
        case text
        /// A word of a list that is known; letters count without their case.
        case word([String])
        /// A number of so many bits, without sign.
        case number(bits: Int)
        case instant
        case address
    }

    package var kind: Kind {
        switch self {
        case .id, .host, .project, .projectName, .vpc, .vpcID, .subnet, .subnetID, .instance, .instanceID, .interface,
            .interfaceID,
            .device, .ruleID, .rule, .group, .securityGroupID, .changedBy, .peer, .peerID, .observedRuleID,
            .communityID, .source, .sourceFile, .zone, .reason:
            .text
        case .direction: .word(Words.direction)
        case .verdict: .word(Words.verdict)
        case .stage: .word(Words.stage)
        case .state: .word(Words.state)
        case .detail: .word(Words.detail)
        case .endReason: .word(Words.endReason)
        // A number stands for the protocols that have no name.
        case .transport: .word(Words.transport)
        case .windowStart, .windowEnd, .start, .end, .connectionStart, .changedAt: .instant
        case .initiatorIP, .targetIP, .beforeInitiatorIP, .beforeTargetIP, .afterInitiatorIP, .afterTargetIP,
            .hostTranslationInitiatorIP, .hostTranslationTargetIP, .sourceAddress, .targetAddress:
            .address
        case .initiatorPort, .targetPort, .beforeInitiatorPort, .beforeTargetPort, .afterInitiatorPort,
            .afterTargetPort, .hostTranslationInitiatorPort, .hostTranslationTargetPort:
            .number(bits: 16)
        case .transportNumber, .icmpType, .icmpCode, .flags: .number(bits: 8)
        case .connection, .revision, .packetsFromInitiator, .bytesFromInitiator, .packetsFromTarget, .bytesFromTarget,
            .cumulativePacketsFromInitiator, .cumulativeBytesFromInitiator, .cumulativePacketsFromTarget,
            .cumulativeBytesFromTarget, .sampling, .sourceLine:
            .number(bits: 64)
        }
    }
}

extension FlowColumn {
    /// The column's place in the list.
    package var ordinal: Int { Self.ordinals[self] ?? 0 }

    private static let ordinals = Dictionary(uniqueKeysWithValues: allCases.enumerated().map { ($1, $0) })
}

/// The lists of words, made once.
private enum Words {
    static let direction = Direction.allCases.map(\.rawValue)
    static let verdict = Verdict.allCases.map(\.rawValue)
    static let stage = Stage.allCases.map(\.rawValue)
    static let state = FlowRecord.State.allCases.map(\.name)
    static let detail = FlowRecord.Detail.allCases.map(\.name)
    static let endReason = EndReason.allCases.map(\.rawValue)
    static let transport = TransportProtocol.allNumbers.map(\.description)
}

extension TransportProtocol {
    fileprivate static let allNumbers = (0...UInt8.max).map { TransportProtocol(rawValue: $0) }
}
