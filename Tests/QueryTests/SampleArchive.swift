import Archive
import Filter
import Model
import Records
import TestSupport

@testable import Query

/// An archive of random records, and the same records in memory.
struct SampleArchive {
    let folder: ArchiveFolder
    let records: [[FlowColumn: AnswerValue]]

    static let start: Int64 = 1_780_000_000_000_000

    init(_ path: String, rows: Int, seed: UInt64, parts: Int = 2) throws {
        folder = ArchiveFolder(path)
        var random = SplitMix64(seed: seed)
        var writer = try ArchiveWriter(folder, try folder.claim())
        var records: [[FlowColumn: AnswerValue]] = []
        for part in 0..<parts {
            var batch = FlowBatch()
            var ids: [UInt128] = []
            for number in 0..<rows / parts {
                var record = Self.record(&random)
                let id = UInt128(part * rows + number)
                record[.id] = .text(
                    String(repeating: "0", count: 24 - String(id, radix: 16).count) + String(id, radix: 16))
                Self.add(record, to: &batch)
                ids.append(id)
                records.append(record)
            }
            _ = try writer.close(batch, ids: ids)
        }
        self.records = records
    }

    static func record(_ random: inout SplitMix64) -> [FlowColumn: AnswerValue] {
        var record: [FlowColumn: AnswerValue] = [:]
        let begin = start + Int64(random.next() % 6000) * 1_000_000
        record[.start] = .instant(begin)
        record[.end] = .instant(begin + Int64(random.next() % 100) * 10_000_000)
        record[.source] = .text("aws")
        record[.interfaceID] = .text("eni-\(random.next() % 5)")
        if random.chance(70) { record[.project] = .text(random.pick(["b/c", "_"])) }
        if random.chance(90) { record[.verdict] = .text(random.pick(["accept", "drop"])) }
        if random.chance(90) {
            record[.initiatorIP] = .address(
                random.chance(70)
                    ? IPAddress(ipv4: 0x0a00_0000 + UInt32(random.next() % 300))
                    : IPAddress(ipv6High: 0xfd00 << 48, low: random.next() % 9))
        }
        record[.targetIP] = .address(IPAddress(ipv4: 0x0a01_0000 + UInt32(random.next() % 20)))
        if random.chance(80) {
            record[.initiatorPort] = .number(UInt128(random.next() % 50))
            record[.targetPort] = .number(UInt128(random.next() % 50))
        }
        record[.bytesFromInitiator] = .number(
            UInt128(random.chance(5) ? UInt64.max - random.next() % 3 : random.next() % 5000))
        if random.chance(50) { record[.bytesFromTarget] = .number(UInt128(random.next() % 5000)) }
        if random.chance(60) { record[.rule] = .text(random.pick(["ingress tcp/22", "egress any", "x \"y\""])) }
        return record
    }

    static func add(_ record: [FlowColumn: AnswerValue], to batch: inout FlowBatch) {
        for (column, value) in record where column != .id {
            switch value {
            case .absent: break
            case .text(let text): batch.set(column.ordinal, text: text)
            case .number(let number): batch.set(column.ordinal, integer: Int64(bitPattern: UInt64(number)))
            case .instant(let instant): batch.set(column.ordinal, integer: instant)
            case .address(let address): batch.set(column.ordinal, address: UInt128(address))
            }
        }
        batch.endRow()
    }

    /// Records of the range for which the filter holds, one by one.
    func matching(_ question: FlowQuestion) -> [[FlowColumn: AnswerValue]] {
        inRange(question).filter { record in question.filter.holds { Self.cell(record[$0] ?? .absent) } }
    }

    func inRange(_ question: FlowQuestion) -> [[FlowColumn: AnswerValue]] {
        records.filter { record in
            guard case .instant(let start)? = record[.start], case .instant(let end)? = record[.end] else {
                return false
            }
            return (question.since.map { end >= $0 } ?? true) && (question.until.map { start < $0 } ?? true)
        }
    }

    static func cell(_ value: AnswerValue) -> FlowCell {
        switch value {
        case .absent: .absent
        case .text(let text): .text(text)
        case .number(let number): .number(UInt64(number))
        case .instant(let instant): .instant(Timestamp(nanoseconds: instant * 1000))
        case .address(let address): .address(address)
        }
    }
}
