import Model

/// Goes through records in their order and finds what detections find: the same code over history and over what comes.
package final class Detector {
    /// What was forgotten or left out, for want of room.
    package struct Account: Sendable {
        package let evicted: Int
        package let refusedFindings: Int
    }

    private let detections: [any Detection]
    private let book = FindingBook()
    private let locality: Locality
    /// Pairs at a service that have met.
    private var contacts: AgingTable<Void>
    private var echoes = Echoes()
    private var beginning: Int64?
    private var waiting: [Sight] = []

    /// Makes one that has seen nothing; `listed` are addresses of which all traffic is told.
    package init(locality: Locality = Locality(), listed: ListedAddresses? = nil) {
        self.locality = locality
        detections = Detections.all(listed: listed)
        contacts = AgingTable(capacity: Limit.contactsOfDetection.bound, horizon: Span.hours(24 * 14), empty: ())
    }

    /// Takes the next record; records come in the order of `RecordStream`. It may wait for others, and is looked at by the end.
    package func take(_ flow: Observation) {
        waiting.append(sight(flow))
        if waiting.count >= Self.atOnce { lookAt() }
    }

    /// How many records wait, at most: a detection keeps what it needs at hand while it goes through them.
    private static let atOnce = 128

    /// Has all detections look at what waits. What they find does not depend on when this is done.
    package func lookAt() {
        for detection in detections { detection.take(waiting, book) }
        waiting.removeAll(keepingCapacity: true)
    }

    /// Ends the run and tells what was found.
    package func finish(_ names: Names) -> [Finding] {
        lookAt()
        for detection in detections { detection.finish(book) }
        return book.findings(names)
    }

    package var account: Account {
        Account(
            evicted: detections.reduce(contacts.evicted) { $0 + $1.evicted }, refusedFindings: book.refused)
    }

    private func sight(_ flow: Observation) -> Sight {
        let initiatorKey = Mixing.key(flow.initiator)
        let targetKey = Mixing.key(flow.target)
        let pairKey = Mixing.key(initiatorKey, targetKey)
        let service = UInt64(flow.transport) << 16 | UInt64(flow.targetPort)
        let isBackscatter =
            !flow.isReply && flow.outcome.isFailure && ServicePorts.isService(flow.initiatorPort)
            && ServicePorts.isEphemeral(flow.targetPort)
        let contactKey = Mixing.key(pairKey, service)
        let isNew = contacts.slot(contactKey, at: flow.start).isNew
        beginning = beginning ?? flow.start
        let isInitiatorOwn = locality.contains(flow.initiator)
        let isTargetOwn = locality.contains(flow.target)
        let isEcho = isInitiatorOwn && isTargetOwn && echoes.contains(flow, pairKey: pairKey)
        return Sight(
            flow: flow, initiatorKey: initiatorKey, targetKey: targetKey, pairKey: pairKey, contactKey: contactKey,
            isInitiatorOwn: isInitiatorOwn, isTargetOwn: isTargetOwn, isToGroup: AddressKind.isGroup(flow.target),
            isFirstContact: isNew, isBackscatter: isBackscatter, isEcho: isEcho, beginning: beginning ?? flow.start)
    }
}
