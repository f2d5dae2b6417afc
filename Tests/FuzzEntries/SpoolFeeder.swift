import Foundation
import Host
import Model
import Spools

/// Feeds bytes to a spool as its only segment.
enum SpoolFeeder {
    private static let folder =
        FileManager.default.temporaryDirectory.path
        + "/gatehouse-fuzz-\(Machine.processID)-spool"

    static func feed(_ bytes: [UInt8]) throws {
        let segment = withChecksums(bytes)
        try DurableFile.makeFolder(folder)
        let path = "\(folder)/\(Spool.name(1))"
        defer { remove(folder) }
        do {
            let file = try DurableFile.open(path, flags: 0o1101)  // O_WRONLY | O_CREAT | O_TRUNC
            try file.writeAll(segment)
        }
        var read: [FlowRecord] = []
        try SpoolReader(folder: folder).forEach { if case .record(let record) = $0 { read.append(record) } }
        guard Spool.committedBytes(segment) <= segment.count else {
            throw FuzzEntry.Broken(description: "more is committed than there is")
        }
        // A writer cuts off what was not committed; what was must still be there.
        let spool = try Spool(folder: folder)
        try spool.commit(spool.position)
        var again: [FlowRecord] = []
        try SpoolReader(folder: folder).forEach { if case .record(let record) = $0 { again.append(record) } }
        guard again.map(\.sequence) == read.map(\.sequence) else {
            throw FuzzEntry.Broken(description: "\(read.count) records were read, \(again.count) after it was opened")
        }
    }

    private static func remove(_ folder: String) {
        do { try FileManager.default.removeItem(atPath: folder) } catch { return }
    }

    /// The bytes with each frame's checksum put right, as far as frames can be told.
    static func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
        var bytes = bytes
        var offset = 0
        while offset + 9 <= bytes.count {
            let end = offset + 9 + Int(RecordCodec.load(bytes, offset) as UInt32)
            guard end <= bytes.count else { break }
            put(Checksum.of(bytes[(offset + 8)..<end]), at: offset + 4, &bytes)
            offset = end
        }
        return bytes
    }

    static func withSnapshotChecksum(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count >= 8 else { return bytes }
        return Array(bytes.dropLast(8)) + littleEndian(UInt64(Checksum.of(bytes.dropLast(8))))
    }

    private static func put(_ sum: UInt32, at offset: Int, _ bytes: inout [UInt8]) {
        for index in 0..<4 { bytes[offset + index] = UInt8(truncatingIfNeeded: sum >> UInt32(8 * index)) }
    }

    private static func littleEndian(_ value: UInt64) -> [UInt8] {
        (0..<8).map { (index: Int) -> UInt8 in UInt8(truncatingIfNeeded: value >> UInt64(8 * index)) }
    }
}
