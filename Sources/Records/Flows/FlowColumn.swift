import Model

/// The columns of a flow record: the one list from which JSON keys, CSV headings and the manual derive.
///
/// A column keeps its name for ever. To rename one is a change of format.
package enum FlowColumn: String, CaseIterable, Hashable, Sendable {
    case id
    case windowStart = "window_start"
    case windowEnd = "window_end"
    case start
    case end
    case connectionStart = "connection_start"
    case connection
    case host
    case project
    case projectName = "project_name"
    case vpc
    case vpcID = "vpc_id"
    case subnet
    case subnetID = "subnet_id"
    case instance
    case instanceID = "instance_id"
    case interface
    case interfaceID = "interface_id"
    case device
    case direction
    case verdict
    case reason
    case stage
    case ruleID = "rule_id"
    case rule
    case group
    case securityGroupID = "security_group_id"
    case revision
    case changedBy = "changed_by"
    case changedAt = "changed_at"
    case initiatorIP = "initiator_ip"
    case initiatorPort = "initiator_port"
    case targetIP = "target_ip"
    case targetPort = "target_port"
    case transport = "protocol"
    case transportNumber = "protocol_number"
    case icmpType = "icmp_type"
    case icmpCode = "icmp_code"
    case peer
    case peerID = "peer_id"
    case packetsFromInitiator = "packets_from_initiator"
    case bytesFromInitiator = "bytes_from_initiator"
    case packetsFromTarget = "packets_from_target"
    case bytesFromTarget = "bytes_from_target"
    case cumulativePacketsFromInitiator = "cumulative_packets_from_initiator"
    case cumulativeBytesFromInitiator = "cumulative_bytes_from_initiator"
    case cumulativePacketsFromTarget = "cumulative_packets_from_target"
    case cumulativeBytesFromTarget = "cumulative_bytes_from_target"
    case state
    case detail
    case beforeInitiatorIP = "pre_nat_initiator_ip"
    case beforeInitiatorPort = "pre_nat_initiator_port"
    case beforeTargetIP = "pre_nat_target_ip"
    case beforeTargetPort = "pre_nat_target_port"
    case afterInitiatorIP = "post_nat_initiator_ip"
    case afterInitiatorPort = "post_nat_initiator_port"
    case afterTargetIP = "post_nat_target_ip"
    case afterTargetPort = "post_nat_target_port"
    // What flow logs of others tell and records of this host do not.
    case flags = "tcp_flags"
    case endReason = "end_reason"
    case observedRuleID = "observed_rule_id"
    case hostTranslationInitiatorIP = "nat_initiator_ip"
    case hostTranslationInitiatorPort = "nat_initiator_port"
    case hostTranslationTargetIP = "nat_target_ip"
    case hostTranslationTargetPort = "nat_target_port"
    case communityID = "community_id"
    case sampling
    case source
    case sourceFile = "source_file"
    case sourceLine = "source_line"
    case sourceAddress = "srcaddr"
    case targetAddress = "dstaddr"
    case zone
}

extension FlowColumn {
    /// What the column says, and what it leaves out.
    package var meaning: String {
        switch self {
        case .id: "Host and number of the record in that host's spool: `HOST:SEQUENCE`. No two records share one."
        case .windowStart: "Beginning of the capture window that the record belongs to."
        case .windowEnd: "End of the capture window; the next one begins here."
        case .start: "Earliest instant that the record's packets can have, within the window."
        case .end: "Latest instant that the record's packets can have, within the window."
        case .connectionStart: "When the session began, perhaps windows ago; for refusals the record's own start."
        case .connection: "Number that all records of one session at one host share. Absent for refusals."
        case .host: "Name of the host that captured the record."
        case .project: "Project of the interface: under a control plane its id, else its name."
        case .projectName: "Name of that project."
        case .vpc: "Name of the interface's VPC."
        case .vpcID: "Id of the interface's VPC."
        case .subnet: "Name of the interface's subnet."
        case .subnetID: "Id of the interface's subnet."
        case .instance: "Name of the instance that the interface belongs to."
        case .instanceID: "Id of the instance that the interface belongs to."
        case .interface: "Name of the interface within its instance."
        case .interfaceID: "Id of the interface at which the flow was seen."
        case .device: "Linux device of the interface on its host."
        case .direction: "`egress` where the instance opened the session, `ingress` where it was the target."
        case .verdict: "`accept` or `drop`; a record never mixes them."
        case .reason:
            "Why the packets were refused: \(Self.list(DropReason.allCases)). Absent where they were accepted."
        case .stage: "Layer that decided: \(Self.list(Stage.allCases))."
        case .ruleID: "Id of the rule that decided. Default refusals and the guard's rules have ids as well."
        case .rule: "Text of the rule, as it was when it decided."
        case .group:
            "Name of the security group or network ACL that holds the rule. Absent for the guard and without groups."
        case .securityGroupID: "Id of the security group that holds the rule."
        case .revision:
            "Number of the policy revision in force when the session was judged; after a change by which another rule "
                + "admits it, of that change."
        case .changedBy:
            "Who made the revision that made the rule; for a default refusal, who made the revision in force. Absent "
                + "for the guard."
        case .changedAt: "When that revision was made."
        case .initiatorIP: "Address that opened the session, as the interface saw it. Absent in `total` records."
        case .initiatorPort:
            "Port that opened the session, for protocols with ports. Absent where it is not known, as in `coarse` records."
        case .targetIP: "Address that the session was opened to, as the interface saw it. Absent in `total` records."
        case .targetPort: "Port that the session was opened to, for protocols with ports. Absent where it is not known."
        case .transport: "Name of the IP protocol, or its number where it has no name. Absent in `total` records."
        case .transportNumber: "Number of the IP protocol. Absent in `total` records."
        case .icmpType: "ICMP or ICMPv6 type of the packet that opened the session. Absent where it is not known."
        case .icmpCode: "ICMP or ICMPv6 code of the packet that opened the session. Absent where it is not known."
        case .peer:
            "`INSTANCE/INTERFACE` of the other end, where exactly one interface of the VPC was ever known by that "
                + "address."
        case .peerID: "Id of the other end's interface, under the same condition."
        case .packetsFromInitiator: "Packets of this window from the initiator."
        case .bytesFromInitiator: "Bytes of those packets, from the IP header on."
        case .packetsFromTarget: "Packets of this window from the target. Zero for refusals."
        case .bytesFromTarget: "Bytes of those packets, from the IP header on."
        case .cumulativePacketsFromInitiator: "Packets from the initiator since the session began. Never add these up."
        case .cumulativeBytesFromInitiator: "Bytes from the initiator since the session began."
        case .cumulativePacketsFromTarget: "Packets from the target since the session began."
        case .cumulativeBytesFromTarget: "Bytes from the target since the session began."
        case .state:
            "`new`: began in this window and went on; `continuing`: began earlier and went on; `ended`: ended in this "
                + "window; `refused`: there is no session."
        case .beforeInitiatorIP:
            "Where another table translated addresses of the session: the initiator's own. This and the following are absent "
                + "where nothing was translated; they are the same at both ends."
        case .beforeInitiatorPort: "The initiator's own port."
        case .beforeTargetIP: "The address that the initiator asked for, such as a published one."
        case .beforeTargetPort: "The port that the initiator asked for."
        case .afterInitiatorIP: "The address that the target saw as the initiator's, such as a masquerading host's."
        case .afterInitiatorPort: "The port that the target saw as the initiator's."
        case .afterTargetIP: "The target's own address."
        case .afterTargetPort: "The target's own port."
        case .flags: "TCP flags seen, FIN 1 to CWR 128, one number of all packets. Absent where they are not known."
        case .endReason:
            "Why the record ends: \(Self.list(EndReason.allCases)). Absent where the source does not say."
        case .observedRuleID:
            "Ids, with commas between, of the enterprise rules that observed the session at this interface, and of the rule that would "
                + "have refused it where the interface is observed."
        case .hostTranslationInitiatorIP:
            "The initiator's address behind a translation that the source tells of, such as a service's or a gateway's."
        case .hostTranslationInitiatorPort: "The initiator's port behind it."
        case .hostTranslationTargetIP: "The target's address behind it."
        case .hostTranslationTargetPort: "The target's port behind it."
        case .communityID: "Community ID 1.0 of the flow, where the source tells it."
        case .sampling: "One of so many packets was seen: counts are of those, or scaled, as the source has them."
        case .source:
            "Format of the flow log that the record was imported from. Absent for records of Gatehouse's hosts."
        case .sourceFile: "Name of the file that it was imported from."
        case .sourceLine: "Number of its line in that file, the first being 1."
        case .sourceAddress:
            "Source address as the imported interface's own log has it; `initiator_ip` is the packets'."
        case .targetAddress: "Target address as the imported interface's own log has it; `target_ip` is the packets'."
        case .zone: "Zone of the cloud that the interface is in."
        case .detail:
            "`full`: the whole five-tuple is known; `coarse`: a port, or type and code, is not: a flood was summed up "
                + "over it, or the packets did not hold it; `total`: only interface and direction are known."
        }
    }

    /// `a`, `b` or `c`.
    private static func list<Word: RawRepresentable<String>>(_ words: [Word]) -> String {
        let quoted = words.map { "`\($0.rawValue)`" }
        return quoted.dropLast().joined(separator: ", ") + " or " + (quoted.last ?? "")
    }
}
