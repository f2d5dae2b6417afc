import Crypto
import Foundation

/// What an entry's hash covers: the hash of the entry before, and the fields in their order, each with its length before it,
/// so that no two entries have the same bytes. `-` is a field without a value.
///
/// Entries of one act share most of those bytes; they are made once.
struct AuditDigest {
    /// Before the first entry there is this.
    static let origin = Data(SHA256.hash(data: Data("gatehouse audit trail, version 1".utf8)))

    private let beforeTarget: [UInt8]
    private let afterTarget: [UInt8]

    init(_ act: AuditAct) {
        var bytes: [UInt8] = []
        Self.add(String(act.at), to: &bytes)
        for field in [
            act.requestID, act.actorID, act.actorName, act.projectID, act.source, act.action, act.outcome, act.reason,
        ] {
            Self.add(field, to: &bytes)
        }
        beforeTarget = bytes
        bytes = []
        Self.add(act.before, to: &bytes)
        Self.add(act.after, to: &bytes)
        Self.add(act.revision.map { String($0) }, to: &bytes)
        afterTarget = bytes
    }

    func hash(_ sequence: Int64, kind: String, id: String, name: String, after previous: Data) -> Data {
        var bytes = Array(previous)
        bytes.reserveCapacity(
            bytes.count + beforeTarget.count + afterTarget.count + id.utf8.count + name.utf8.count + 64)
        Self.add(String(sequence), to: &bytes)
        bytes += beforeTarget
        Self.add(kind, to: &bytes)
        Self.add(id, to: &bytes)
        Self.add(name, to: &bytes)
        bytes += afterTarget
        return Data(SHA256.hash(data: bytes))
    }

    private static func add(_ field: String?, to bytes: inout [UInt8]) {
        guard var field else {
            bytes += "-:".utf8
            return
        }
        bytes += String(field.utf8.count).utf8
        bytes.append(UInt8(ascii: ":"))
        field.withUTF8 { bytes += $0 }
    }
}
