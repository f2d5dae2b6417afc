import HTTPTypes
import Link
import Model
import Registry

/// Keeps what hosts tell of themselves: what they enforce since when, their clocks, and what their agents say.
package struct HostReports: Sendable {
    let registry: Registry

    /// `POST agent/receipts`: a revision is in force at a host, or could not be.
    func keepReceipt(_ call: Call, _ host: String) async throws -> Answer {
        let record: ReceiptRecord
        var unjudged: [String: String?]?
        switch try await call.message(as: HostReceipt.self) {
        case .applied(let receipt, let digest):
            try Self.check(receipt.appliedAt, "appliedAt")
            unjudged = Self.unjudged(receipt.awaited, receipt.notEnforced)
            record = ReceiptRecord(
                host: host, revision: receipt.revision, appliedAt: receipt.appliedAt.nanoseconds,
                method: Limit.textOfEntry.cut(receipt.method), microseconds: receipt.microseconds,
                cutSessions: receipt.cutSessions, digest: Limit.textOfEntry.cut(digest), failure: nil)
        case .failed(let revision, let reason):
            record = ReceiptRecord(
                host: host, revision: revision, appliedAt: nil, method: "", microseconds: 0, cutSessions: 0,
                digest: "", failure: Limit.failureText.cut(reason))
        }
        let now = Timestamp.now.nanoseconds
        try await registry.keep { [unjudged] in
            // One revision has one receipt of a host, and there are no more than there are revisions.
            let newest = try Revisions.newest(in: $0)
            guard 0 < record.revision, Int64(record.revision) <= newest else {
                throw Refusal.invalid("revision", "\(record.revision) is none; the newest is \(newest)")
            }
            try Hosts.keep(record, at: now, in: $0)
            if let unjudged { try Hosts.note(unjudged: unjudged, at: host, in: $0) }
        }
        return Answer(.noContent)
    }

    /// An answer that comes later is to nothing that this server remembers.
    private static let longestRoundTrip: Int64 = 3600 * 1_000_000_000

    /// `POST agent/report`: the answer to a ping.
    func keepReport(_ call: Call, _ host: String) async throws -> Answer {
        let report: HostReport = try await call.message()
        try Self.check(report.pingedAt, "pingedAt")
        try Self.check(report.receivedAt, "receivedAt")
        let now = Timestamp.now.nanoseconds
        // The host read its clock half a round trip ago, near enough: between our ping and now.
        let pinged = report.pingedAt.nanoseconds
        guard pinged <= now, pinged > now - Self.longestRoundTrip else {
            throw Refusal.invalid("pingedAt", "\(report.pingedAt) is no instant of a ping of the last hour")
        }
        let offset = report.receivedAt.nanoseconds - (pinged + now) / 2
        let status = String(decoding: try ControlCodec.encode(report.status), as: UTF8.self)
        try await registry.keep {
            try Hosts.noteSeen(host, at: now, clockOffset: offset, status: status, in: $0)
            if let unjudged = Self.unjudged(report.status.awaited, report.status.notEnforced) {
                try Hosts.note(unjudged: unjudged, at: host, in: $0)
            }
        }
        return Answer(.noContent)
    }

    /// An instant is one of 1970 to 2116: what comes of it fits in 64 bits.
    private static func check(_ instant: Timestamp, _ field: String) throws(Refusal) {
        guard (0...(1 << 62)).contains(instant.nanoseconds) else {
            throw .invalid(field, "\(instant.nanoseconds) is no time in nanoseconds since 1970")
        }
    }

    /// Interfaces that the host does not judge, and why; nil from an agent that does not say.
    private static func unjudged(
        _ awaited: [Identifier<Interface>]?, _ notEnforced: [NotEnforced]?
    ) -> [String: String?]? {
        guard let awaited, let notEnforced else { return nil }
        var found: [String: String?] = [:]
        for interface in awaited { found[interface.description] = .some(nil) }
        for entry in notEnforced { found[entry.interface.description] = Limit.failureText.cut(entry.reason) }
        return found
    }
}
