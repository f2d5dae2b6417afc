package import Host
import Records

/// The system's log, syslog or journald: what logs of a governed host ask for goes there too, unless an operator set a file of
/// its own.
///
/// What it does not take at once is counted and not offered again: the file has it.
package final class SystemLogSink: EventSink {
    private let log: SystemLog

    package let takesUngoverned = false
    package var missed: UInt64 { log.missed }
    package let problem: String? = nil

    package init(_ log: SystemLog) { self.log = log }

    package func take(_ lines: [UInt8]) { log.send(lines: lines, tag: "gatehouse-agent") }
}

/// What logs ask for goes into the system's log, where somebody listens there.
struct SystemLogSinks: EventSinkKind {
    func sink(_ place: EventSinkPlace) -> (any EventSink)? {
        guard place.format.isSelective, place.ownPath == nil, let log = SystemLog() else { return nil }
        return SystemLogSink(log)
    }
}
