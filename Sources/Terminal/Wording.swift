package import Model
import Records

/// How values read in tables.
package enum Wording {
    /// `tcp/443`, `icmp/8/0`, `gre`.
    package static func service(_ key: FlowKey) -> String {
        if let type = key.icmpType, let code = key.icmpCode { return "\(key.transport)/\(type)/\(code)" }
        return key.transport.hasPorts ? "\(key.transport)/\(key.targetPort)" : "\(key.transport)"
    }

    /// `10.1.1.10:40000`, `[fd00::1]:40000`, or the address alone.
    package static func end(_ address: IPAddress, _ port: UInt16?) -> String {
        guard let port else { return "\(address)" }
        return address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
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
