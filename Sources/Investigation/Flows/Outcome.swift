/// What became of a request, as far as the record tells it.
package enum Outcome: UInt8, Sendable, BitwiseCopyable {
    /// The policy refused it.
    case refused
    /// It passed, and nobody answered.
    case unanswered
    /// It passed, and the target said that nothing listens there.
    case reset
    /// The target answered, and the initiator never went on.
    case halfOpen
    /// Both ends spoke.
    case answered
    /// It passed; the record tells one way only, and no answer.
    case passed

    /// Whether it is evidence of failure.
    package var isFailure: Bool {
        switch self {
        case .refused, .unanswered, .reset: true
        case .halfOpen, .answered, .passed: false
        }
    }
}

extension Outcome {
    private static let tcp: UInt8 = 6

    /// Tells the outcome from counts of both ways.
    ///
    /// A TCP answer with data or options has more than the bare header's 40 bytes (60 in IPv6); a target that only ever sent
    /// bare headers and was not sent more refused the connection: it is how a reset looks where flags are not recorded.
    static func ofBoth(
        transport: UInt8, isV6: Bool, packets: UInt64, answers: UInt64, answered: UInt64, isContinuing: Bool
    ) -> Outcome {
        guard answers > 0 else { return isContinuing ? .answered : .unanswered }
        guard transport == tcp, !isContinuing else { return .answered }
        let header: UInt64 = isV6 ? 60 : 40
        if answered <= answers &* header, answers <= packets, packets <= 6 { return .reset }
        return packets == 1 ? .halfOpen : .answered
    }

    /// Tells it from counts of one way: a TCP connection of a few headers carried nothing.
    static func ofOne(transport: UInt8, isV6: Bool, packets: UInt64, bytes: UInt64, flags: UInt8?) -> Outcome {
        guard transport == tcp, packets > 0 else { return .passed }
        // SYN alone, ACK never: no handshake.
        if let flags {
            return flags & 0x12 == 0x02 && packets <= 6 && bytes <= packets &* (isV6 ? 84 : 64) ? .unanswered : .passed
        }
        return packets <= 3 && bytes <= packets &* (isV6 ? 84 : 64) ? .unanswered : .passed
    }
}
