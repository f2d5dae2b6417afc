/// The members of a record's line that mappings know, whatever the record is.
///
/// A session's two ends have one name here, as lines of events and flows call them differently.
enum RecordKey: Int, CaseIterable {
    case kind, id, sequence, time, host, verdict, wouldBe, reason, direction, project, projectName, vpc, subnet,
        instance
    case interface, interfaceID, device, stage, ruleID, rule, ruleName, group, groupID, revision, changedBy, changedAt
    case sourceIP, targetIP, transport, transportNumber, sourcePort, targetPort, icmpType, icmpCode, tcpFlags
    case timeToLive, length, sourceMAC, targetMAC
    case windowStart, windowEnd, start, end, connectionStart, connection, peer, state, detail, observedRules
    case packetsFromInitiator, bytesFromInitiator, packetsFromTarget, bytesFromTarget
    case action, actor, origin, title, way, packets, bytes, from, to, lost, suppressed

    /// The keys of lines, Gatehouse's own name first.
    var names: [String] {
        switch self {
        case .kind: ["kind"]
        case .id: ["id"]
        case .sequence: ["sequence"]
        case .time: ["time"]
        case .host: ["host"]
        case .verdict: ["verdict"]
        case .wouldBe: ["would_be"]
        case .reason: ["reason"]
        case .direction: ["direction"]
        case .project: ["project"]
        case .projectName: ["project_name"]
        case .vpc: ["vpc"]
        case .subnet: ["subnet"]
        case .instance: ["instance"]
        case .interface: ["interface"]
        case .interfaceID: ["interface_id"]
        case .device: ["device"]
        case .stage: ["stage"]
        case .ruleID: ["rule_id"]
        case .rule: ["rule"]
        case .ruleName: ["rule_name"]
        case .group: ["group"]
        case .groupID: ["security_group_id"]
        case .revision: ["revision"]
        case .changedBy: ["changed_by"]
        case .changedAt: ["changed_at"]
        case .sourceIP: ["src_ip", "initiator_ip"]
        case .targetIP: ["dst_ip", "target_ip"]
        case .transport: ["protocol"]
        case .transportNumber: ["protocol_number"]
        case .sourcePort: ["src_port", "initiator_port"]
        case .targetPort: ["dst_port", "target_port"]
        case .icmpType: ["icmp_type"]
        case .icmpCode: ["icmp_code"]
        case .tcpFlags: ["tcp_flags"]
        case .timeToLive: ["ttl"]
        case .length: ["length"]
        case .sourceMAC: ["src_mac"]
        case .targetMAC: ["dst_mac"]
        case .windowStart: ["window_start"]
        case .windowEnd: ["window_end"]
        case .start: ["start"]
        case .end: ["end"]
        case .connectionStart: ["connection_start"]
        case .connection: ["connection"]
        case .peer: ["peer"]
        case .state: ["state"]
        case .detail: ["detail"]
        case .observedRules: ["observed_rule_id"]
        case .packetsFromInitiator: ["packets_from_initiator"]
        case .bytesFromInitiator: ["bytes_from_initiator"]
        case .packetsFromTarget: ["packets_from_target"]
        case .bytesFromTarget: ["bytes_from_target"]
        case .action: ["action"]
        case .actor: ["actor"]
        case .origin: ["origin"]
        case .title: ["title"]
        case .way: ["way"]
        case .packets: ["packets"]
        case .bytes: ["bytes"]
        case .from: ["from"]
        case .to: ["to"]
        case .lost: ["lost"]
        case .suppressed: ["suppressed"]
        }
    }
}

/// Finds keys by their bytes. Benchmark before changing: every member of every record passes here.
struct RecordKeyTable: Sendable {
    static let standard = RecordKeyTable()

    private static let size = 1024
    /// For each hash the place of a name; those that share one stand behind each other, and 255 is a free one.
    private var slots = [UInt8](repeating: .max, count: size)
    private var names: [(bytes: [UInt8], key: RecordKey)] = []

    private init() {
        for key in RecordKey.allCases {
            for name in key.names {
                let bytes = Array(name.utf8)
                var slot = Self.hash(bytes.span, 0..<bytes.count)
                while slots[slot] != .max { slot = (slot + 1) % Self.size }
                slots[slot] = UInt8(names.count)
                names.append((bytes, key))
            }
        }
    }

    func find(_ text: Span<UInt8>, _ range: Range<Int>) -> RecordKey? {
        var slot = Self.hash(text, range)
        while slots[slot] != .max {
            let entry = names[Int(slots[slot])]
            if entry.bytes.count == range.count, Self.equals(entry.bytes.span, text, range) { return entry.key }
            slot = (slot + 1) % Self.size
        }
        return nil
    }

    private static func equals(_ name: Span<UInt8>, _ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
        for index in 0..<range.count where name[index] != text[range.lowerBound + index] { return false }
        return true
    }

    private static func hash(_ text: Span<UInt8>, _ range: Range<Int>) -> Int {
        var hash: UInt32 = 2_166_136_261
        for index in range { hash = (hash ^ UInt32(text[index])) &* 16_777_619 }
        return Int((hash >> 10 ^ hash) & UInt32(size - 1))
    }
}
