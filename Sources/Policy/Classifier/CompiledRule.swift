import Model

/// One rule as a row of plain words, so that matching reads one cache line and calls nothing.
struct CompiledRule: Sendable {
    private enum RemoteKind {
        static let any: UInt8 = 0
        static let prefix: UInt8 = 1
        static let group: UInt8 = 2
        /// A group that the VPC doesn't have: nobody is in it.
        static let nobody: UInt8 = 3
    }

    private static let icmpTCPUDP: Int16 = -2

    private let high: UInt64
    private let low: UInt64
    private let maskHigh: UInt64
    private let maskLow: UInt64
    /// Index of the peer group in its VPC.
    private let group: Int32
    private let remote: UInt8
    /// The only family, of the prefix or of ICMP; 0 is both.
    private let family: UInt8
    /// -1 is every protocol, -2 is ICMP, TCP and UDP.
    private let transport: Int16
    private let firstPort: UInt16
    private let lastPort: UInt16
    private let icmpType: Int16
    /// Which of the interface's own addresses; nil is all.
    private let local: IPPrefix?
    private let icmpCode: Int16

    /// - Parameters:
    ///   - rule: The rule.
    ///   - groups: Index of each group of the VPC, by name.
    init(_ rule: Rule, groups: [String: Int32]) {
        self.local = rule.local
        var ports = PortRange.all
        var type: UInt8?
        var code: UInt8?
        switch rule.service {
        case .any: self.transport = -1
        case .icmpTCPUDP: self.transport = Self.icmpTCPUDP
        case .transport(let transport, let range):
            self.transport = Int16(transport.rawValue)
            ports = range ?? .all
        case .icmp(let transport, let wantedType, let wantedCode):
            self.transport = Int16(transport.rawValue)
            (type, code) = (wantedType, wantedCode)
        }
        self.firstPort = ports.lower
        self.lastPort = ports.upper
        self.icmpType = type.map(Int16.init) ?? -1
        self.icmpCode = code.map(Int16.init) ?? -1
        var base: IPAddress?
        var mask: IPAddress?
        var group: Int32 = -1
        switch rule.remote {
        case .any: self.remote = RemoteKind.any
        case .prefix(let prefix):
            self.remote = RemoteKind.prefix
            base = prefix.base
            let ones = IPAddress(ipv6High: .max, low: .max)
            mask =
                prefix.family == .ipv6
                ? ones.masked(to: prefix.length) : IPAddress(ipv4: .max).masked(to: prefix.length)
        case .group(let name):
            group = groups[name] ?? -1
            self.remote = group < 0 ? RemoteKind.nobody : RemoteKind.group
        }
        self.group = group
        self.high = base?.high ?? 0
        self.low = base?.low ?? 0
        self.maskHigh = mask?.high ?? 0
        self.maskLow = mask?.low ?? 0
        // Parts that contradict each other match no packet.
        let families = rule.families
        self.family = families.isEmpty ? .max : families.count > 1 ? 0 : families[0].rawValue
    }

    /// Whether the rule accepts whatever reaches it, so that nothing after it is ever looked at.
    var takesAll: Bool { remote == RemoteKind.any && family == 0 && local == nil && transport != Self.icmpTCPUDP }

    /// The ports within which the rule can match a packet of a protocol; nil where it cannot.
    func ports(of wanted: UInt8) -> ClosedRange<UInt16>? {
        transport < 0 || transport == Int16(wanted) ? firstPort...lastPort : nil
    }

    /// Whether the rule matches; `membership` says whether the packet's other end is in a group, by index.
    @inline(__always)
    func matches(_ probe: Probe, membership: (Int32) -> Bool) -> Bool {
        if family != 0, family != probe.family { return false }
        if transport >= 0 {
            if transport != Int16(probe.transport) { return false }
            if probe.port < firstPort || probe.port > lastPort { return false }
            if icmpType >= 0, icmpType != Int16(truncatingIfNeeded: probe.firstPort) { return false }
            if icmpCode >= 0, icmpCode != Int16(truncatingIfNeeded: probe.port) { return false }
        } else if transport == Self.icmpTCPUDP, !probe.isICMPTCPOrUDP {
            return false
        }
        if let local, !local.contains(probe.local) { return false }
        switch remote {
        case RemoteKind.any: return true
        case RemoteKind.prefix: return probe.peerHigh & maskHigh == high && probe.peerLow & maskLow == low
        case RemoteKind.group: return membership(group)
        default: return false
        }
    }
}
