import Foundation
import Model
import Records

/// How values read in tables.
enum Wording {
    static func service(_ key: FlowKey, _ detail: FlowRecord.Detail = .full) -> String {
        if detail == .total { return "any" }
        if let type = key.icmpType, let code = key.icmpCode { return "\(key.transport)/\(type)/\(code)" }
        return key.transport.hasPorts ? "\(key.transport)/\(key.targetPort)" : "\(key.transport)"
    }

    static func initiator(_ key: FlowKey, _ detail: FlowRecord.Detail = .full) -> String {
        switch detail {
        case .total: "*"
        case .coarse: "\(key.initiator):*"
        case .full: key.transport.hasPorts ? end(key.initiator, key.initiatorPort) : "\(key.initiator)"
        }
    }

    static func end(_ address: IPAddress, _ port: UInt16?) -> String {
        guard let port else { return "\(address)" }
        return address.family == .ipv6 ? "[\(address)]:\(port)" : "\(address):\(port)"
    }

    static func traffic(_ traffic: Traffic) -> String { "\(traffic.packets) / \(bytes(traffic.bytes))" }

    static func bytes(_ count: UInt64) -> String {
        var value = Double(count)
        for unit in ["B", "kB", "MB", "GB"] {
            if value < 1000 { return unit == "B" ? "\(count) B" : String(format: "%.1f %@", value, unit) }
            value /= 1000
        }
        return String(format: "%.1f TB", value)
    }

    /// `09:05:07.123` of the day, in UTC.
    static func clock(_ instant: Timestamp) -> String {
        String(instant.text(fractionDigits: 3).dropFirst(11).dropLast())
    }

    static func verdict(_ verdict: Verdict) -> String { verdict == .accept ? "ACCEPT" : "DROP" }

    /// Who made the rule: `revision 3 by ada at 2026-11-21T09:05:07Z`.
    static func origin(_ reference: RuleReference, _ catalogue: Catalogue) -> String {
        guard reference.since > 0 else { return "" }
        guard let note = catalogue.revision(reference.since) else { return "revision \(reference.since)" }
        return "revision \(note.number) by \(note.actor) at \(note.madeAt.text(fractionDigits: 0))"
    }
}
