package import Model
import Records

/// How values read in tables.
package enum Wording {
    /// `tcp/443`, `icmp/8/0`, `gre`; `tcp` where the port is not known.
    package static func service(_ key: FlowKey) -> String {
        if let type = key.icmpType, let code = key.icmpCode { return "\(key.transport)/\(type)/\(code)" }
        return key.transport.hasPorts
            ? key.targetPort.map { "\(key.transport)/\($0)" } ?? "\(key.transport)" : "\(key.transport)"
    }

    /// `10.1.1.10:40000`, `[fd00::1]:40000`, or the address alone.
    package static func end(_ address: IPAddress, _ port: UInt16?) -> String {
        guard let port else { return "\(address)" }
        return address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    /// What an interface saw of the initiator and, in brackets, who that is on the other side of a translation.
    package static func initiator(_ seen: String, _ translation: Translation?, at direction: Direction) -> String {
        guard let other = translation?.otherSide(at: direction), let key = translation?.seen(at: direction),
            (key.initiator, key.initiatorPort) != (other.initiator, other.initiatorPort)
        else { return seen }
        return "\(seen) [\(end(other.initiator, other.transport.hasPorts ? other.initiatorPort : nil))]"
    }

    /// The same of the target.
    package static func target(_ seen: String, _ translation: Translation?, at direction: Direction) -> String {
        guard let other = translation?.otherSide(at: direction), let key = translation?.seen(at: direction),
            (key.target, key.targetPort) != (other.target, other.targetPort)
        else { return seen }
        return "\(seen) [\(end(other.target, other.transport.hasPorts ? other.targetPort : nil))]"
    }

    /// Packets and bytes for people: `14 / 2.2 kB`.
    package static func traffic(_ traffic: Traffic) -> String { "\(traffic.packets) / \(bytes(traffic.bytes))" }

    package static func bytes(_ count: UInt64) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var rest = count
        var tenths = 0 as UInt64
        var unit = 0
        let units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"]
        while rest >= 1000 {
            tenths = rest % 1000 / 100
            rest /= 1000
            unit += 1
        }
        return "\(rest).\(tenths) \(units[unit])"
    }

    package static func verdict(_ verdict: Verdict) -> String { verdict.word }

    package static func count(_ number: some BinaryInteger, _ noun: String, plural: String? = nil) -> String {
        "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
    }

    /// `revision 3 by ada, 2026-11-21 09:05:07`.
    package static func change(_ note: Catalogue.RevisionNote, _ time: LocalTime) -> String {
        "revision \(note.number) by \(note.actor), \(time.text(note.madeAt, fractionDigits: 0))"
    }
}
