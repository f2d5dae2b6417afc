package import Model

/// The way of packets at an interface: out of the instance, or into it. Not to be mixed up with a session's direction:
/// an ingress session's replies go out.
package enum Way: UInt8, Hashable, Sendable, Codable, CaseIterable {
    case out = 0
    case into = 1

    /// The way of packets from the initiator of a session of this direction.
    package init(initiatorOf direction: Direction) { self = direction == .egress ? .out : .into }

    package var opposite: Way { self == .out ? .into : .out }
}

/// Packets that the kernel counted and no record holds, said exactly; or, with a reason of its own, the other way round.
package struct LossStatement: Hashable, Sendable {
    package enum Reason: UInt8, Hashable, Sendable, Codable {
        /// Sessions ended while no agent listened and nobody kept its sockets.
        case notListening = 1
        /// Sessions that began before the interface was bound.
        case beforeBinding = 2
        /// The disk had no room for the records.
        case noRoom = 3
        /// The other way round: packets of sessions, so in records, that the host did not send on, because the next link takes
        /// none as large. Conntrack counted them; the interfaces' counters had no chance to.
        case notSentOn = 4
        /// Packets may have passed that no rule of ours judged and nothing counted: how many is not known, so none are told.
        case unguarded = 16
        /// The kernel's counting of connections was switched off.
        case uncounted = 17

        /// What held the records on disk is damaged or gone.
        case damaged = 5
        /// Sessions whose VPC has them not recorded (`TrafficPath`).
        case notCollected = 6

        /// Its word in statements of an archive and in what sinks ship.
        package var word: String {
            switch self {
            case .notListening: "not-listening"
            case .beforeBinding: "before-binding"
            case .noRoom: "no-room"
            case .notSentOn: "not-sent-on"
            case .unguarded: "unguarded"
            case .uncounted: "uncounted"
            case .damaged: "damaged"
            case .notCollected: "not-collected"
            }
        }

        /// Whether the packets are in no record.
        package var isMissing: Bool {
            switch self {
            case .notListening, .beforeBinding, .noRoom, .damaged, .unguarded, .uncounted, .notCollected: true
            case .notSentOn: false
            }
        }
    }

    /// Position in the host's spool, counted together with the records.
    package var sequence: UInt64 = 0
    package var interface: Identifier<Interface>
    package var way: Way
    package var reason: Reason
    package var traffic: Traffic
    /// The span in which it happened.
    package var since: Timestamp
    package var until: Timestamp

    package init(
        interface: Identifier<Interface>, way: Way, reason: Reason, traffic: Traffic, since: Timestamp, until: Timestamp
    ) {
        self.interface = interface
        self.way = way
        self.reason = reason
        self.traffic = traffic
        self.since = since
        self.until = until
    }

    /// 58 bytes: interface id, way, reason, packets, bytes, since, until, sequence.
    var encoded: [UInt8] {
        var bytes: [UInt8] = []
        RecordCodec.append(interface.high, &bytes)
        RecordCodec.append(interface.low, &bytes)
        bytes += [way.rawValue, reason.rawValue]
        RecordCodec.append(traffic.packets, &bytes)
        RecordCodec.append(traffic.bytes, &bytes)
        RecordCodec.append(UInt64(bitPattern: since.nanoseconds), &bytes)
        RecordCodec.append(UInt64(bitPattern: until.nanoseconds), &bytes)
        RecordCodec.append(sequence, &bytes)
        return bytes
    }

    init?(_ bytes: [UInt8]) {
        guard bytes.count >= 58, let way = Way(rawValue: bytes[16]), let reason = Reason(rawValue: bytes[17]) else {
            return nil
        }
        interface = Identifier(high: RecordCodec.load(bytes, 0), low: RecordCodec.load(bytes, 8))
        self.way = way
        self.reason = reason
        traffic = Traffic(packets: RecordCodec.load(bytes, 18), bytes: RecordCodec.load(bytes, 26))
        since = Timestamp(nanoseconds: Int64(bitPattern: RecordCodec.load(bytes, 34)))
        until = Timestamp(nanoseconds: Int64(bitPattern: RecordCodec.load(bytes, 42)))
        sequence = RecordCodec.load(bytes, 50)
    }
}

extension FlowRecord {
    /// What is lost, each way, when this record is.
    package func asLoss(_ reason: LossStatement.Reason, until: Timestamp) -> [LossStatement] {
        let way = Way(initiatorOf: direction)
        return [(way, fromInitiator), (way.opposite, fromTarget)].filter { !$0.1.isZero }.map {
            LossStatement(
                interface: interface, way: $0.0, reason: reason, traffic: $0.1, since: windowStart, until: until)
        }
    }
}
