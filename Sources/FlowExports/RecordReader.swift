/// Reads one record by its template.
struct RecordReader {
    private let template: ExportTemplate
    private let time: ExportTime
    private(set) var flow = ExportedFlow()
    /// What options say of sampling: of packets that are looked at, and of those that are passed over.
    private(set) var samplingInterval: UInt64?
    private var samplingSpace: UInt64?
    private var startUptime: UInt32?
    private var endUptime: UInt32?
    private var systemInit: UInt64?

    init(_ template: ExportTemplate, _ time: ExportTime) { (self.template, self.time) = (template, time) }

    /// One of so many, of what options said.
    var sampling: UInt64? {
        guard let samplingInterval, samplingInterval > 0 else { return nil }
        // `samplingPacketInterval` packets are looked at, then `samplingPacketSpace` are not.
        guard let samplingSpace else { return samplingInterval }
        return (samplingInterval &+ samplingSpace) / samplingInterval
    }

    /// Reads the record that begins at a place.
    ///
    /// - Returns: Where the next one begins; nil where the record goes beyond its set.
    mutating func read(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int? {
        var place = range.lowerBound
        for field in template.fields {
            var length = field.length
            if length == ExportTemplate.variable {
                guard range.upperBound - place >= 1 else { return nil }
                length = Int(bytes[place])
                place += 1
                if length == 255 {
                    guard range.upperBound - place >= 2 else { return nil }
                    length = Int(bytes.big16(place))
                    place += 2
                }
            }
            guard range.upperBound - place >= length else { return nil }
            take(field, bytes, place..<place + length)
            place += length
        }
        if let startUptime { flow.start = flow.start ?? instant(startUptime) }
        if let endUptime { flow.end = flow.end ?? instant(endUptime) }
        return place
    }

    private func instant(_ uptime: UInt32) -> Int64? {
        // IPFIX says when the exporter began, in milliseconds; NetFlow how long it runs.
        if let systemInit { return Self.microseconds(systemInit &+ UInt64(uptime), per: 1000) }
        return time.instant(uptime: uptime)
    }

    private mutating func take(_ field: ExportTemplate.Field, _ bytes: Span<UInt8>, _ range: Range<Int>) {
        switch field.enterprise {
        case nil: break
        case ExportTemplate.reverse:
            guard let value = bytes.number(range) else { return }
            switch field.element {
            case 1: flow.bytesBack = value
            case 2: flow.packetsBack = value
            case 6: flow.flags = (flow.flags ?? 0) | UInt8(truncatingIfNeeded: value)
            default: break
            }
            return
        default: return
        }
        switch field.element {
        case 27, 28, 281, 282: return takeAddress6(field.element, bytes, range)
        case 154, 155, 156, 157: return takeFraction(field.element, bytes, range)
        default: break
        }
        guard let value = bytes.number(range) else { return }
        switch field.element {
        case 1: flow.bytes = value
        case 2: flow.packets = value
        case 4: flow.transport = UInt8(exactly: value)
        case 6: flow.flags = UInt8(truncatingIfNeeded: value) | (flow.flags ?? 0)
        case 7: flow.sourcePort = UInt16(exactly: value)
        case 11: flow.targetPort = UInt16(exactly: value)
        case 8, 12, 225, 226: takeAddress4(field.element, value, range.count)
        case 21: endUptime = UInt32(exactly: value)
        case 22: startUptime = UInt32(exactly: value)
        case 32, 139: flow.icmp = UInt16(exactly: value)
        // Only one of all of these is in use at an exporter.
        case 34, 50, 305: samplingInterval = value
        case 306: samplingSpace = value
        // Some write four bytes, of which the first says it.
        case 89: flow.forwarding = UInt8(truncatingIfNeeded: range.count == 4 && value > 255 ? value >> 24 : value)
        case 136: flow.endReason = UInt8(exactly: value)
        case 150: flow.start = Self.microseconds(value, per: 1)
        case 151: flow.end = Self.microseconds(value, per: 1)
        case 152: flow.start = Self.microseconds(value, per: 1000)
        case 153: flow.end = Self.microseconds(value, per: 1000)
        case 160: systemInit = value
        case 227: flow.sourcePortBehind = UInt16(exactly: value)
        case 228: flow.targetPortBehind = UInt16(exactly: value)
        case 231: flow.bytes = value
        case 232: flow.bytesBack = value
        case 233: flow.firewallEvent = UInt8(exactly: value)
        case 298: flow.packets = value
        case 299: flow.packetsBack = value
        case 323: (flow.start, flow.end) = (flow.start ?? Self.microseconds(value, per: 1000), flow.end)
        default: break
        }
    }

    private mutating func takeAddress4(_ element: UInt16, _ value: UInt64, _ count: Int) {
        guard count == 4 else { return }
        let address = 0xffff << 32 | UInt128(value)
        // An exporter that has fields of both families leaves those of the other zero.
        switch element {
        case 8: if value != 0 || flow.source == nil { flow.source = address }
        case 12: if value != 0 || flow.target == nil { flow.target = address }
        case 225: flow.sourceBehind = address
        default: flow.targetBehind = address
        }
    }

    private mutating func takeAddress6(_ element: UInt16, _ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard range.count == 16 else { return }
        var value: UInt128 = 0
        for place in range { value = value << 8 | UInt128(bytes[place]) }
        switch element {
        case 27: if value != 0 || flow.source == nil { flow.source = value }
        case 28: if value != 0 || flow.target == nil { flow.target = value }
        case 281: flow.sourceBehind = value
        default: flow.targetBehind = value
        }
    }

    /// Seconds since 1900 and a fraction of 2³², as NTP has them.
    private mutating func takeFraction(_ element: UInt16, _ bytes: Span<UInt8>, _ range: Range<Int>) {
        guard range.count == 8, let value = bytes.number(range) else { return }
        let seconds = Int64(value >> 32) - 2_208_988_800
        guard seconds >= 0 else { return }
        let instant = seconds * 1_000_000 + Int64(((value & 0xffff_ffff) * 1_000_000) >> 32)
        switch element {
        case 154, 156: flow.start = instant
        default: flow.end = instant
        }
    }

    /// Microseconds since 1970; nil after the year 9999.
    private static func microseconds(_ count: UInt64, per second: UInt64) -> Int64? {
        guard count <= 253_402_300_799 * second else { return nil }
        return Int64(count) * Int64(1_000_000 / second)
    }
}
