import Capture
import Foundation
import Host
import Link
import Model
import Netlink
import Spools

/// Everything that decodes bytes which somebody else made, as something to feed bytes to: no bytes may trap it.
package enum FuzzEntry: String, CaseIterable, Sendable {
    /// Datagrams of NFLOG.
    case packets
    /// Datagrams of conntrack: dumps and ends.
    case connections
    /// Datagrams of nftables: elements of sets, the ruleset's number.
    case sets
    /// Datagrams that tell of devices, routes and addresses.
    case routes
    /// What acknowledges or refuses a request.
    case answers
    /// Flow records as the spool keeps them.
    case records
    /// A segment of a spool, its checksums put right, so that what lies below them is reached.
    case spool
    /// A recorder's snapshot, its checksum put right.
    case snapshot
    /// Messages between the command line, the agent and the control plane.
    case control
    /// A Parquet file whose pages have no checksums, so that what lies below them is reached.
    case parquet
    /// A capture file and the packets in it.
    case capture
    /// Messages of NetFlow and IPFIX.
    case exports

    /// What was wrong with the answer to some bytes.
    package struct Broken: Error, CustomStringConvertible {
        package let description: String
    }

    /// Decodes bytes; an error where what came out contradicts itself.
    package func feed(_ bytes: [UInt8]) throws {
        switch self {
        case .packets: ByteView.with(bytes, feedPackets)
        case .connections: ByteView.with(bytes, feedConnections)
        case .sets: ByteView.with(bytes, feedSets)
        case .routes: ByteView.with(bytes, feedRoutes)
        case .answers: ByteView.with(bytes, feedAnswers)
        case .records: try feedRecords(bytes)
        case .spool: try SpoolFeeder.feed(bytes)
        case .snapshot: _ = Snapshot(SpoolFeeder.withSnapshotChecksum(bytes))
        case .control: feedControl(bytes)
        case .parquet: try ParquetFeeder.feed(bytes)
        case .capture: try CaptureFeeder.feed(bytes)
        case .exports: try ExportFeeder.feed(bytes)
        }
    }

    private func feedPackets(_ view: ByteView) {
        var cursor = LoggedPacketCursor(view)
        var packets: [LoggedPacket] = []
        while cursor.next(into: &packets) {
            for packet in packets { _ = view.slice(packet.payloadOffset, packet.payloadLength).array }
        }
    }

    private func feedConnections(_ view: ByteView) {
        var entry = ConnectionEntry()
        var ended = EndedConnectionCursor(view)
        while ended.next(into: &entry) { _ = (entry.keyAtTarget, entry.isClosed) }
        var live = MessageCursor(view)
        while let message = live.next() {
            _ = ConnectionTracking.read(message, into: &entry) { _ = $0.original.key }
        }
    }

    private func feedSets(_ view: ByteView) {
        var cursor = MessageCursor(view)
        while let message = cursor.next() {
            _ = RuleTable.readElements(message) { key, end, _ in _ = (key.array, end?.array) }
            _ = RuleTable.readGeneration(message)
        }
    }

    private func feedRoutes(_ view: ByteView) {
        if let frame = LinkFrame(view) { _ = "\(frame)" }
        var cursor = RouteEventCursor(view)
        while let event = cursor.next() { _ = "\(event)" }
    }

    private func feedAnswers(_ view: ByteView) {
        var reader = AnswerReader("fuzz", wanted: [1, 2, 3])
        reader.read(view) { $0.attributes.count >= 0 }
        _ = reader.failure?.description
    }

    private func feedRecords(_ bytes: [UInt8]) throws {
        for record in RecordCodec.decodeAll(bytes) {
            var again: [UInt8] = []
            RecordCodec.encode(record, into: &again)
            guard RecordCodec.decode(again, at: 0) == record else {
                throw Broken(description: "a record is not what it was after it was written again: \(record)")
            }
        }
    }

    private func feedControl(_ bytes: [UInt8]) {
        // What is not such a message is refused with an error; there is nothing else to be done with it.
        func decode<Message: Codable>(_: Message.Type) -> Message? {
            do { return try ControlCodec.decode(bytes, as: Message.self) } catch { return nil }
        }
        _ = decode(ControlRequest.self)
        _ = decode(ControlResponse.self)
        _ = decode(HostReceipt.self)
        _ = decode(HostReport.self)
        if case .revision(let revision)? = decode(HostMessage.self) {
            do { _ = try RevisionLine(revision) } catch { return }
        }
    }
}
