/// The times of a message: when it was sent, and since when its exporter counts milliseconds.
struct ExportTime {
    /// Microseconds since 1970.
    let sent: Int64
    /// Milliseconds that the exporter runs, where the message says it.
    let uptime: UInt32?

    /// An instant by the exporter's milliseconds, which begin anew after 49 days.
    func instant(uptime then: UInt32) -> Int64? {
        guard let uptime else { return nil }
        return sent - Int64(Int32(bitPattern: uptime &- then)) * 1000
    }
}
