package import Model

/// One event as the log tells it, read back. What the line leaves out is nil.
package struct EventEntry: Hashable, Sendable {
    package var sequence: UInt64
    package var time: Timestamp
    package var host: String
    package var verdict: Verdict
    /// Whether an enterprise rule only noted the session; then the verdict is that of nobody.
    package var isObservation = false
    /// What would have become of the session where its interface is observed; nil where nothing else would have.
    package var wouldBe: Verdict?
    package var reason: DropReason?
    package var direction: Direction
    package var project: String?
    package var projectName: String?
    package var vpc: String?
    package var subnet: String?
    package var instance: String?
    package var interface: String?
    package var interfaceID: Identifier<Interface>
    package var device: String?
    package var stage: Stage
    package var ruleID: Identifier<Rule>
    package var rule: String?
    /// The rule's own name, of those that have one.
    package var ruleName: String?
    package var group: String?
    package var securityGroupID: Identifier<SecurityGroup>?
    package var revision: Int
    package var changedBy: String?
    package var changedAt: Timestamp?
    package var source: IPAddress
    package var target: IPAddress
    package var transport: TransportProtocol
    package var sourcePort: UInt16?
    package var targetPort: UInt16?
    package var icmpType: UInt8?
    package var icmpCode: UInt8?
    package var tcpFlags: String?
    package var timeToLive: UInt8?
    package var length: Int?
    package var sourceMAC: MACAddress?
    package var targetMAC: MACAddress?
    /// Both sides of the session's address translation, where the line has them.
    package var translation: Translation?

    /// `web-1/eth0`, where the log knew the names.
    package var label: String? {
        guard let instance, let interface else { return nil }
        return "\(instance)/\(interface)"
    }
}

/// One line of the event log.
package enum EventLogLine: Hashable, Sendable {
    case event(EventEntry)
    case summary(EventSummary)
}
