/// Packets and bytes of one way. Bytes count from the IP header on, as the kernel's counters do.
package struct Traffic: Hashable, Sendable, Codable, BitwiseCopyable {
    package var packets: UInt64
    package var bytes: UInt64

    package init(packets: UInt64 = 0, bytes: UInt64 = 0) {
        self.packets = packets
        self.bytes = bytes
    }

    package static let zero = Traffic()
    package var isZero: Bool { packets == 0 && bytes == 0 }

    package static func + (lhs: Traffic, rhs: Traffic) -> Traffic {
        Traffic(packets: lhs.packets &+ rhs.packets, bytes: lhs.bytes &+ rhs.bytes)
    }

    /// The difference, modulo 2^64: callers that can go below zero use signed numbers.
    package static func - (lhs: Traffic, rhs: Traffic) -> Traffic {
        Traffic(packets: lhs.packets &- rhs.packets, bytes: lhs.bytes &- rhs.bytes)
    }

    package static func += (lhs: inout Traffic, rhs: Traffic) { lhs = lhs + rhs }

    /// Whether a counter that stood at the other one cannot have come here.
    package func isBehind(_ other: Traffic) -> Bool { packets < other.packets || bytes < other.bytes }
}

/// What one flow did at one interface in one capture window. Every export is a mapping of it.
package struct FlowRecord: Hashable, Sendable {
    /// Where in its life the session was when the window closed.
    package enum State: UInt8, Hashable, Sendable, Codable, CaseIterable {
        /// The session began in this window and went on.
        case new = 1
        /// It began earlier and went on.
        case continuing = 2
        /// It ended in this window, whenever it began.
        case ended = 3
        /// There is no session: the packets were refused.
        case refused = 4
    }

    /// How much of the key is known.
    package enum Detail: UInt8, Hashable, Sendable, Codable, CaseIterable {
        /// The whole five-tuple, as far as the protocol has one.
        case full = 1
        /// Addresses and protocol; a port, or type and code of ICMP, is not known: a flood was summed up over it, the
        /// packets did not hold it, or the guard's count leaves it out.
        case coarse = 2
        /// Only interface and direction: a flood was too wide to name its addresses.
        case total = 3
    }

    /// Position in the host's spool; with the host's name it is the record's id.
    package var sequence: UInt64 = 0
    package var windowStart: Timestamp
    package var windowEnd: Timestamp
    /// First and last instant that the record's packets can have, within the window.
    package var start: Timestamp
    package var end: Timestamp
    /// When the session began; for refusals the record's own start.
    package var connectionStart: Timestamp
    /// The same number for all records of one session at one host; 0 for refusals.
    package var connection: UInt64
    package var interface: Identifier<Interface>
    /// `egress` where the interface's instance opened the session, `ingress` where it was the target.
    package var direction: Direction
    package var verdict: Verdict
    package var stage: Stage
    package var rule: Identifier<Rule>
    /// The revision in force when the session was judged.
    package var revision: Int
    /// The session as the interface saw it: at its initiator before any address translation, at its target behind it.
    package var key: FlowKey
    /// The session on the other side of an address translation; nil where nothing was translated.
    package var otherSide: FlowKey?
    package var detail: Detail
    package var state: State
    /// Traffic of this window, from the initiator and from the target.
    package var fromInitiator: Traffic
    package var fromTarget: Traffic
    /// Traffic since the session began.
    package var cumulativeFromInitiator: Traffic
    package var cumulativeFromTarget: Traffic
    /// The enterprise rules that noted the session at this interface, in the order in which they were asked: the first eight.
    package var observed: [Identifier<Rule>]
    /// So many a record names.
    package static let maximumObserved = 8

    package init(
        windowStart: Timestamp, windowEnd: Timestamp, start: Timestamp, end: Timestamp, connectionStart: Timestamp,
        connection: UInt64, interface: Identifier<Interface>, direction: Direction, verdict: Verdict, stage: Stage,
        rule: Identifier<Rule>, revision: Int, key: FlowKey, otherSide: FlowKey? = nil, detail: Detail = .full,
        state: State,
        fromInitiator: Traffic, fromTarget: Traffic, cumulativeFromInitiator: Traffic, cumulativeFromTarget: Traffic,
        observed: [Identifier<Rule>] = []
    ) {
        self.windowStart = windowStart
        self.windowEnd = windowEnd
        self.start = start
        self.end = end
        self.connectionStart = connectionStart
        self.connection = connection
        self.interface = interface
        self.direction = direction
        self.verdict = verdict
        self.stage = stage
        self.rule = rule
        self.revision = revision
        self.key = key
        self.otherSide = otherSide
        self.detail = detail
        self.state = state
        self.fromInitiator = fromInitiator
        self.fromTarget = fromTarget
        self.cumulativeFromInitiator = cumulativeFromInitiator
        self.cumulativeFromTarget = cumulativeFromTarget
        self.observed = observed
    }

    /// Both sides of the session's address translation; nil where nothing was translated.
    package var translation: Translation? { Translation(seen: key, otherSide: otherSide, at: direction) }

    /// The key that rules were asked about.
    package var judgedKey: FlowKey { translation?.judged ?? key }
}
