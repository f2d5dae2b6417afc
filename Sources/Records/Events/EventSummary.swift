package import Model

/// How many events of a span of time are not in the log, so that a reader knows what is missing.
package struct EventSummary: Hashable, Sendable {
    package var host: String
    /// Events that the kernel or the log's queue could not hold.
    package var lost: UInt64
    /// Events that were left out on purpose, by a rate limit.
    package var suppressed: UInt64
    package var from: Timestamp
    package var to: Timestamp

    package init(host: String, lost: UInt64 = 0, suppressed: UInt64 = 0, from: Timestamp, to: Timestamp) {
        self.host = host
        self.lost = lost
        self.suppressed = suppressed
        self.from = from
        self.to = to
    }

    /// Writes the summary as one line with its line feed: `{"kind":"summary","host":…}`.
    package func append(to line: inout ByteLine) {
        line.append("{\"kind\":\"summary\"")
        line.append(jsonMember: "host", host)
        line.append(jsonKey: "lost")
        line.append(decimal: lost)
        line.append(jsonKey: "suppressed")
        line.append(decimal: suppressed)
        line.append(jsonKey: "from")
        line.append(jsonInstant: from)
        line.append(jsonKey: "to")
        line.append(jsonInstant: to)
        line.append("}\n")
    }
}

extension ByteLine {
    /// Writes an instant as a JSON string: `"2026-11-03T09:54:58.000001Z"`.
    package mutating func append(jsonInstant instant: Timestamp, fractionDigits: Int = 6) {
        append(UInt8(ascii: "\""))
        append(instant, fractionDigits: fractionDigits)
        append(UInt8(ascii: "\""))
    }
}
