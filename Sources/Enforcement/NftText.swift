import Attribution
import Model

/// The one place where rules and sets become nft's words.
enum NftText {
    static func rule(_ statements: Ruleset.Rule) -> String {
        statements.map(text).joined(separator: " ")
    }

    private static func text(_ statement: Statement) -> String {
        switch statement {
        case .match(let match): text(match)
        case .lookup(let key, let set, let isIn): "\(text(key)) \(isIn ? "" : "!= ")@\(set.text)"
        case .add(let set, let key): "add @\(set.text) { \(text(key)) }"
        case .delete(let set, let key): "delete @\(set.text) { \(text(key)) }"
        case .update(let set, let key): "update @\(set.text) { \(text(key)) }"
        case .exceeds(let set, let key, let rate, let burst):
            "update @\(set.text) { \(text(key)) limit rate over \(rate)/minute burst \(burst) packets }"
        case .log(let prefix): "log prefix \"\(prefix.text)\" group \(KernelNames.logGroup)"
        case .note(let note): text(note)
        case .notrack: "notrack"
        case .count: "counter"
        case .verdict(let decision): text(decision)
        }
    }

    private static func text(_ note: Statement.Note) -> String {
        switch note {
        case .rule(let index, let direction):
            "ct mark set ct mark and \(hex(~MarkLayout.bits(direction))) or \(hex(MarkLayout.half(index, direction)))"
        case .blocked(let index, let direction):
            "meta mark set ct mark and \(hex(~MarkLayout.bits(direction))) or \(hex(MarkLayout.half(index, direction)))"
        case .noRules: "ct mark set 0"
        case .packetMark(let mark): "meta mark set \(hex(mark))"
        case .profile(let end, let map): "\(text(ProfileDispatch.holder)) set \(text(end)) map @\(map.text)"
        case .priority(let number): "\(text(ProfileDispatch.holder)) set \(Ruleset.Element.priority(number).text)"
        case .noProfile: "\(text(ProfileDispatch.holder)) set none"
        case .quotedLength(let family):
            "\(text(PacketField.notedLength)) set @th,\(family == .ipv4 ? 64 : 96),32"
        case .connection: "\(text(PacketField.notedConnection)) set \(text(PacketField.connection))"
        case .noConnection: "\(text(PacketField.notedConnection)) set none"
        }
    }

    private static func text(_ decision: Statement.Decision) -> String {
        switch decision {
        case .accept: "accept"
        case .drop: "drop"
        case .return: "return"
        case .jump(let chain): "jump \(chain)"
        case .goto(let chain): "goto \(chain)"
        case .mapOf(let key, let map): "\(text(key)) vmap @\(map.text)"
        case .map(let field, let map): "\(text(map.key.map { _ in field })) vmap @\(map.text)"
        }
    }

    private static func text(_ match: Match) -> String {
        switch match {
        case .family(let family): "meta nfproto ipv\(family.rawValue)"
        // By number: names would need /etc/protocols.
        case .transport(let transports): "meta l4proto \(list(transports.map { String($0.rawValue) }))"
        case .noneOf(let transports): "meta l4proto != \(list(transports.map { String($0.rawValue) }))"
        case .source(let prefixes): "\(header(prefixes)) saddr \(list(prefixes.map(\.description)))"
        case .target(let prefixes): "\(header(prefixes)) daddr \(list(prefixes.map(\.description)))"
        case .targetNot(let prefixes): "\(header(prefixes)) daddr != \(list(prefixes.map(\.description)))"
        case .sourcePorts(let ports): "th sport \(ports)"
        case .targetPorts(let ports): "th dport \(ports)"
        case .udp(let pairs):
            pairs.count == 1
                ? "udp sport \(pairs[0].source) udp dport \(pairs[0].target)"
                : "udp sport . udp dport \(list(pairs.map { "\($0.source) . \($0.target)" }))"
        case .icmpType(let transport, let types):
            "\(transport) type \(list(types.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }))"
        // Of no number nothing is left, but a rule that reads what is not there ends.
        case .showsPorts: "th dport & 0 == 0"
        case .showsTypes: "th sport & 0 == 0"
        case .icmpCode(let transport, let code): "\(transport) code \(code)"
        case .tcpSYN: "tcp flags & syn == syn"
        case .tcpOpening: "tcp flags & (syn | ack) == syn"
        case .answers(let count, let isThis): "ct reply packets \(isThis ? "" : "!= ")\(count)"
        case .state(let state): "ct state \(state.rawValue)"
        case .status(let status): "ct status \(status.rawValue)"
        case .isOriginal: "ct direction original"
        case .isAnswer: "ct direction reply"
        case .initiator(let prefix): "ct original \(header(prefix.family)) saddr \(prefix)"
        case .responder(let prefix): "ct reply \(header(prefix.family)) saddr \(prefix)"
        case .responderPorts(let ports): "ct reply proto-src \(ports)"
        case .openingICMP(let types):
            "ct original proto-dst \(types.count == 1 ? "\(types.lowerBound)" : "\(types.lowerBound)-\(types.upperBound)")"
        case .hasRule(let direction, let has): "ct mark and \(hex(MarkLayout.bits(direction))) \(has ? "!=" : "==") 0"
        case .packetMark(let mark): "meta mark \(hex(mark))"
        case .hasNoHopLeft(.ipv4): "ip ttl <= 1"
        case .hasNoHopLeft(.ipv6): "ip6 hoplimit <= 1"
        case .hasHopLeft(.ipv4): "ip ttl > 1"
        case .hasHopLeft(.ipv6): "ip6 hoplimit > 1"
        case .etherType(let types): "ether type \(list(types.map { "0x" + hexadecimal($0) }))"
        case .toGroupMAC: "ether daddr & 01:00:00:00:00:00 != 00:00:00:00:00:00"
        case .arpOfIPv4: "arp htype 1 arp ptype ip arp hlen 6 arp plen 4"
        case .arpProbe: "arp saddr ip 0.0.0.0"
        // The first ten bits of fe80::/10.
        case .neighbourOfLink: "@th,64,10 0x3fa"
        case .neighbourIn(let prefix): "@th,64,\(prefix.length) 0x\(leadingBits(prefix))"
        case .priority(let number): "\(text(ProfileDispatch.holder)) \(Ruleset.Element.priority(number).text)"
        case .priorities(let numbers):
            "\(text(ProfileDispatch.holder)) \(list(numbers.map { Ruleset.Element.priority($0).text }))"
        case .hopLimit(let limit): "ip6 hoplimit \(limit)"
        case .fromHost: "meta iif 0"
        case .notFromHost: "meta iif != 0"
        case .inputDevice(let name): "iifname \"\(name)\""
        case .targetIs(let kinds): "fib daddr type \(list(kinds.map(\.rawValue)))"
        case .edgeMark: "meta mark and \(hex(EdgeMark.mask)) == \(hex(EdgeMark.pattern))"
        }
    }

    /// A block's leading bits as a number.
    private static func leadingBits(_ prefix: IPPrefix) -> String {
        let shift = UInt64(128 - prefix.length)
        guard shift < 64 else { return String(prefix.base.high >> (shift - 64), radix: 16) }
        let low = prefix.base.low >> shift | (shift == 0 ? 0 : prefix.base.high << (64 - shift))
        let high = prefix.base.high >> shift
        guard high != 0 else { return String(low, radix: 16) }
        let digits = String(low, radix: 16)
        return String(high, radix: 16) + String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func list(_ words: [String]) -> String {
        words.count == 1 ? words[0] : "{ \(words.joined(separator: ", ")) }"
    }

    private static func header(_ prefixes: [IPPrefix]) -> String { header(prefixes.first?.family ?? .ipv4) }

    private static func header(_ family: AddressFamily) -> String { family == .ipv4 ? "ip" : "ip6" }

    private static func hex(_ mark: UInt32) -> String { "0x" + hexadecimal(mark) }

    private static func text(_ key: [PacketField]) -> String { key.map(text).joined(separator: " . ") }

    private static func text(_ field: PacketField) -> String {
        switch field {
        case .inputDevice: "iifname"
        case .outputDevice: "oifname"
        case .sourceMAC: "ether saddr"
        case .arpSender: "arp saddr ip"
        case .arpSenderMAC: "arp saddr ether"
        case .neighbourTarget: "@th,64,128"
        case .source(let family): "\(header(family)) saddr"
        case .target(let family): "\(header(family)) daddr"
        case .initiator(let family): "ct original \(header(family)) saddr"
        case .responder(let family): "ct reply \(header(family)) saddr"
        case .transport: "meta l4proto"
        case .firstHeader(.ipv4): "ip protocol"
        case .firstHeader(.ipv6): "ip6 nexthdr"
        case .sourcePort, .typeAndCode: "th sport"
        case .targetPort: "th dport"
        case .mark: "ct mark"
        case .packetMark: "meta mark"
        case .priority, .notedConnection, .notedLength, .notedRule: "meta priority"
        case .connection: "ct id"
        }
    }

    // MARK: Declarations

    /// A base chain's hook.
    static func hook(_ hook: Hook) -> String {
        "type filter hook \(hook.place.rawValue) priority \(hook.priority); policy accept;"
    }

    /// A set's type, limits and flags.
    static func declaration(_ set: SetName) -> String {
        var parts: [String] = []
        if set.key == [.connection] {
            parts.append("typeof ct id")
        } else if set.key == [.device, .word16] {
            parts.append("typeof iifname . @th,64,128")
        } else {
            let key = set.key.map(type).joined(separator: " . ")
            switch set.value {
            case .none: parts.append("type \(key)")
            case .chain: parts.append("type \(key) : verdict")
            case .number(let part): parts.append("type \(key) : \(type(part))")
            }
        }
        if let size = set.size { parts.append("size \(size)") }
        switch set.writer {
        case .enforcer, .apart: if set.hasIntervals { parts.append("flags interval") }
        case .packets(nil): parts.append("flags dynamic")
        case .packets(.some(let seconds)):
            parts += ["flags dynamic,timeout", "timeout \(seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds)s")"]
        }
        if set.hasCounters { parts.append("counter") }
        return parts.joined(separator: "; ") + ";"
    }

    private static func type(_ part: KeyPart) -> String {
        switch part {
        case .device: "ifname"
        case .mac: "ether_addr"
        case .address(.ipv4): "ipv4_addr"
        case .address(.ipv6): "ipv6_addr"
        // Only `typeof` can say it.
        case .word16: "integer"
        case .transport: "inet_proto"
        case .port: "inet_service"
        case .mark: "mark"
        case .priority: "classid"
        // Only `typeof` can say it.
        case .connection: "ct id"
        }
    }
}
