/// One new session accepted or refused at one interface, told at once.
package struct SessionEvent: Hashable, Sendable {
    /// Strictly rising per host, with holes; the same event never has two numbers.
    package var sequence: UInt64
    package var time: Timestamp
    package var verdict: Verdict
    /// Whether an enterprise rule only noted the session: its verdict is in events of its own.
    package var isObservation: Bool
    package var stage: Stage
    package var rule: Identifier<Rule>
    package var revision: Int
    package var interface: Identifier<Interface>
    package var direction: Direction
    /// The session as the interface saw it, where its translation is known; else as it was at the gate, behind a change of its
    /// target and before one of its initiator.
    package var key: FlowKey
    /// Both sides of the session's address translation; nil where nothing was translated, and where that is not known.
    package var translation: Translation?
    /// The session's first packet from its network header on, cut off after 128 bytes.
    package var packet: [UInt8]
    /// Link layer source and target, where the packet came with them.
    package var sourceMAC: MACAddress?
    package var targetMAC: MACAddress?

    package init(
        sequence: UInt64, time: Timestamp, verdict: Verdict, isObservation: Bool = false,
        stage: Stage, rule: Identifier<Rule>, revision: Int,
        interface: Identifier<Interface>, direction: Direction, key: FlowKey, translation: Translation? = nil,
        packet: [UInt8], sourceMAC: MACAddress? = nil, targetMAC: MACAddress? = nil
    ) {
        self.sequence = sequence
        self.time = time
        self.verdict = verdict
        self.isObservation = isObservation
        self.stage = stage
        self.rule = rule
        self.revision = revision
        self.interface = interface
        self.direction = direction
        self.key = key
        self.translation = translation
        self.packet = packet
        self.sourceMAC = sourceMAC
        self.targetMAC = targetMAC
    }
}
