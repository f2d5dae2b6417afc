import Foundation
import Host
import Link
package import Model
import Records
import Spools

/// What lines are written with beside what is recorded.
package struct SinkNames: Sendable {
    package let host: String
    package let catalogue: Catalogue

    package init(host: String, catalogue: Catalogue) { (self.host, self.catalogue) = (host, catalogue) }

    /// Writes a loss as a finding's line.
    func append(_ loss: LossStatement, to line: inout ByteLine) {
        line.append("{\"kind\":\"finding\"")
        line.append(jsonMember: "id", "\(host):loss:\(loss.sequence)")
        line.append(jsonKey: "time")
        line.append(jsonInstant: loss.until)
        line.append(jsonMember: "host", host)
        line.append(jsonMember: "reason", loss.reason.word)
        line.append(jsonMember: "title", loss.reason.title)
        let placement = catalogue.placement(loss.interface)
        if let placement {
            line.append(jsonMember: "project", placement.project)
            line.append(jsonMember: "vpc", placement.vpcName)
            line.append(jsonMember: "subnet", placement.subnetName)
            line.append(jsonMember: "instance", placement.instanceName)
            line.append(jsonMember: "interface", placement.interfaceName)
        }
        line.append(jsonMember: "interface_id", loss.interface.description)
        line.append(jsonMember: "way", loss.way == .out ? "out" : "into")
        line.append(jsonKey: "packets")
        line.append(decimal: loss.traffic.packets)
        line.append(jsonKey: "bytes")
        line.append(decimal: loss.traffic.bytes)
        line.append(jsonKey: "from")
        line.append(jsonInstant: loss.since)
        line.append(jsonKey: "to")
        line.append(jsonInstant: loss.until)
        line.append("}\n")
    }

    /// Writes who made a revision as an audit entry's line.
    func append(_ revision: Revision, action: String = "apply", to line: inout ByteLine) {
        line.append("{\"kind\":\"audit\"")
        line.append(
            jsonMember: "id",
            revision.number > 0
                ? "\(host):revision:\(revision.number)" : "\(host):\(action):\(revision.madeAt.nanoseconds)")
        line.append(jsonKey: "time")
        line.append(jsonInstant: revision.madeAt)
        line.append(jsonMember: "host", host)
        line.append(jsonMember: "action", action)
        line.append(jsonMember: "actor", revision.actor)
        line.append(jsonMember: "origin", revision.origin)
        line.append(jsonMember: "project", revision.policy.project)
        line.append(jsonKey: "revision")
        line.append(decimal: revision.number)
        line.append("}\n")
    }
}

/// The host's revisions as a sink reads them: who changed its policy, and when.
struct RevisionSource {
    private let store: RevisionStore
    private var last: Int

    init(_ folder: DataFolder, after number: Int) { (store, last) = (RevisionStore(folder), number) }

    mutating func next(_ names: SinkNames) throws -> (batch: RecordBatch?, gone: String?)? {
        let numbers = try store.numbers().filter { $0 > last }
        guard !numbers.isEmpty else { return nil }
        var builder = BatchBuilder(.audit)
        var unreadable: [Int] = []
        for number in numbers.prefix(64) {
            do {
                guard let revision = try store.load(number) else { continue }
                names.append(revision, to: &builder.line)
                builder.close(.audit(number))
            } catch {
                unreadable.append(number)
            }
            last = number
        }
        let gone =
            unreadable.isEmpty ? nil : "revisions \(unreadable.map(String.init).joined(separator: ", ")) cannot be read"
        return (builder.batches.first, gone)
    }
}

/// Dead letters that are sent again.
struct LetterSource {
    private let path: String
    private var offset: Int

    init(_ path: String, from offset: Int) { (self.path, self.offset) = (path, offset) }

    /// The next letters, all of one source; nil where all were sent.
    mutating func next() throws(SystemError) -> RecordBatch? {
        guard let chunk = try LineChunk.read(path, from: offset) else { return nil }
        var source: SinkSource?
        var lines: [Range<Int>] = []
        var end = chunk.end
        for range in chunk.lines {
            guard let (kind, record) = DeadLetters.record(chunk.bytes, range) else { continue }
            if let source, source != kind {
                end = offset + range.lowerBound
                break
            }
            source = kind
            lines.append(record)
        }
        offset = end
        return RecordBatch(source: source ?? .events, bytes: chunk.bytes, lines: lines, next: .letters(end))
    }
}

extension LossStatement.Reason {
    fileprivate var title: String {
        switch self {
        case .notListening: "Sessions ended while no agent listened"
        case .beforeBinding: "Sessions began before the interface was bound"
        case .noRoom: "The disk had no room for records"
        case .notSentOn: "Packets were counted that the host did not send on"
        case .unguarded: "Packets may have passed that no rule judged"
        case .uncounted: "The kernel did not count connections"
        case .damaged: "Records on disk are damaged"
        case .notCollected: "Sessions are not collected"
        }
    }
}
