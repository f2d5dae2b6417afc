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
        switch try ControlCodec.decode(call.body, as: HostReceipt.self) {
        case .applied(let receipt, let digest):
            record = ReceiptRecord(
                host: host, revision: receipt.revision, appliedAt: receipt.appliedAt.nanoseconds,
                method: receipt.method, microseconds: receipt.microseconds, cutSessions: receipt.cutSessions,
                digest: digest, failure: nil)
        case .failed(let revision, let reason):
            record = ReceiptRecord(
                host: host, revision: revision, appliedAt: nil, method: "", microseconds: 0, cutSessions: 0,
                digest: "", failure: reason)
        }
        let now = Timestamp.now.nanoseconds
        try await registry.keep { try Hosts.keep(record, at: now, in: $0) }
        return Answer(.noContent)
    }

    /// `POST agent/report`: the answer to a ping.
    func keepReport(_ call: Call, _ host: String) async throws -> Answer {
        let report: HostReport = try ControlCodec.decode(call.body)
        let now = Timestamp.now.nanoseconds
        // The host read its clock half a round trip ago, near enough: between our ping and now.
        let roundTrip = now - report.pingedAt.nanoseconds
        let offset = report.receivedAt.nanoseconds - (report.pingedAt.nanoseconds + roundTrip / 2)
        let status = String(decoding: try ControlCodec.encode(report.status), as: UTF8.self)
        try await registry.keep {
            try Hosts.noteSeen(host, at: now, clockOffset: offset, status: status, in: $0)
        }
        return Answer(.noContent)
    }
}
