/// Sessions between two own addresses, which both ends' interfaces tell: the one that tells first counts.
///
/// Remembered are 65,536 sessions at a time; a later one takes the place of an earlier one, whose other end then counts as well.
struct Echoes {
    private static let size = 1 << 16
    private static let memory = Span.minutes(2)

    private struct Session: BitwiseCopyable {
        var key: UInt64 = 0
        var time: Int64 = 0
        var interface: UInt32 = 0
    }

    private var sessions = [Session](repeating: Session(), count: size)

    /// Whether another interface told of the session within two minutes.
    mutating func contains(_ flow: Observation, pairKey: UInt64) -> Bool {
        guard flow.interface != 0 else { return false }
        let ports = UInt64(flow.initiatorPort) << 24 | UInt64(flow.targetPort) << 8 | UInt64(flow.transport)
        // What one end lets go and the other refuses are two things.
        let key = Mixing.key(pairKey, ports << 1 | (flow.outcome == .refused ? 1 : 0))
        let place = Int(truncatingIfNeeded: key) & (Self.size - 1)
        if sessions[place].key == key, flow.start - sessions[place].time <= Self.memory {
            sessions[place].time = flow.start
            return sessions[place].interface != flow.interface
        }
        sessions[place] = Session(key: key, time: flow.start, interface: flow.interface)
        return false
    }
}
