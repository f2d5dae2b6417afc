package import Model

/// What a listing of flows or events is narrowed to: all terms must hold, and the time range.
///
/// A term never holds for a value that the record doesn't have: a flood's summary without ports matches no `port=`. Where
/// addresses were translated, a term holds that holds on either side.
package struct RecordFilter: Hashable, Sendable {
    /// One condition.
    package enum Term: Hashable, Sendable {
        case source(IPPrefix)
        case target(IPPrefix)
        /// Either side's port.
        case port(UInt16)
        case sourcePort(UInt16)
        case targetPort(UInt16)
        case transport(TransportProtocol)
        case verdict(Verdict)
        /// What an enterprise rule noted.
        case observation
        /// Id of an interface, its label `web-1/eth0`, or the name of its instance.
        case interface(String)
        /// Name or id of the group whose rule decided.
        case group(String)
        /// The beginning of the deciding rule's id, at least four characters.
        case rule(String)
    }

    package var terms: [Term]
    /// Only what is not before this instant.
    package var since: Timestamp?
    /// Only what is before this instant.
    package var until: Timestamp?

    package init(terms: [Term] = [], since: Timestamp? = nil, until: Timestamp? = nil) {
        self.terms = terms
        self.since = since
        self.until = until
    }
}

extension RecordFilter {
    /// Whether an event of the log is wanted.
    package func matches(_ event: EventEntry) -> Bool {
        if let since, event.time < since { return false }
        if let until, event.time >= until { return false }
        let seen = Subject.Ends(event.source, event.sourcePort, event.target, event.targetPort)
        let subject = Subject(
            sides: [seen] + Subject.sides(event.translation), transport: event.transport,
            verdict: event.isObservation ? nil : event.verdict,
            interface: event.interfaceID, label: event.label,
            instance: event.instance, group: event.group, groupID: event.securityGroupID, rule: event.ruleID)
        return terms.allSatisfy(subject.satisfies)
    }

    /// Whether a flow record is wanted; in time it counts from the first to the last instant of its packets.
    package func matches(_ record: FlowRecord, catalogue: Catalogue) -> Bool {
        if let since, record.end < since { return false }
        if let until, record.start >= until { return false }
        guard !terms.isEmpty else { return true }
        let key = record.key
        let isKnown = record.detail != .total
        let placement = catalogue.placement(record.interface)
        let reference = catalogue.rule(record.rule)
        let subject = Subject(
            sides: isKnown ? [.init(key)] + Subject.sides(record.translation) : [],
            transport: isKnown ? key.transport : nil,
            verdict: record.verdict, interface: record.interface, label: placement?.label,
            instance: placement?.instanceName, group: reference?.group, groupID: reference?.groupID, rule: record.rule)
        return terms.allSatisfy(subject.satisfies)
    }

    /// Whether a summary of missing events is wanted: it is where its span touches the time range.
    package func matches(_ summary: EventSummary) -> Bool {
        if let since, summary.to < since { return false }
        if let until, summary.from >= until { return false }
        return true
    }
}

/// What a term may ask about.
private struct Subject {
    /// Addresses and ports on one side of a translation.
    struct Ends {
        let source: IPAddress
        let sourcePort: UInt16?
        let target: IPAddress
        let targetPort: UInt16?

        init(_ source: IPAddress, _ sourcePort: UInt16?, _ target: IPAddress, _ targetPort: UInt16?) {
            (self.source, self.sourcePort, self.target, self.targetPort) = (source, sourcePort, target, targetPort)
        }

        init(_ key: FlowKey) {
            let hasPorts = key.transport.hasPorts
            self.init(
                key.initiator, hasPorts ? key.initiatorPort : nil, key.target, hasPorts ? key.targetPort : nil)
        }
    }

    static func sides(_ translation: Translation?) -> [Ends] {
        translation.map { [Ends($0.before), Ends($0.after)] } ?? []
    }

    /// What is known of the ends; none for a flood that was too wide.
    let sides: [Ends]
    let transport: TransportProtocol?
    /// nil of what was only noted.
    let verdict: Verdict?
    let interface: Identifier<Interface>
    let label: String?
    let instance: String?
    let group: String?
    let groupID: Identifier<SecurityGroup>?
    let rule: Identifier<Rule>

    func satisfies(_ term: RecordFilter.Term) -> Bool {
        switch term {
        case .source(let prefix): sides.contains { prefix.contains($0.source) }
        case .target(let prefix): sides.contains { prefix.contains($0.target) }
        case .port(let port): sides.contains { $0.sourcePort == port || $0.targetPort == port }
        case .sourcePort(let port): sides.contains { $0.sourcePort == port }
        case .targetPort(let port): sides.contains { $0.targetPort == port }
        case .transport(let wanted): transport == wanted
        case .verdict(let wanted): verdict == wanted
        case .observation: verdict == nil
        case .interface(let name): instance == name || label == name || Identifier(name) == interface
        case .group(let name): group == name || (groupID != nil && Identifier(name) == groupID)
        case .rule(let beginning): rule.description.hasPrefix(beginning)
        }
    }
}
