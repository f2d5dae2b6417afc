import Archive
import Host
import Model
import TestSupport
import Testing
import TrafficDays

@testable import Investigation

/// Days of generated traffic: attacks are found, and little else.
@Suite struct TrafficDayTests {
    private static func flows(_ day: TrafficDay, _ names: inout Names) -> [Observation] {
        day.batches(of: .max).flatMap { Observations.of($0, &names) }
    }

    private static func findings(_ flows: [Observation], _ names: Names) throws -> [Finding] {
        let detector = Detector(listed: try ListReader.read(Array(TrafficDay.listed.utf8), name: "list"))
        for flow in flows { detector.take(flow) }
        return detector.finish(names)
    }

    @Test(arguments: LogStyle.allCases) func `attacks are found, and little else`(style: LogStyle) throws {
        var tally = Tally()
        for seed in [11, 12] as [UInt64] {
            let day = TrafficDay(seed: seed, style: style)
            var names = Names()
            let found = try Self.findings(Self.flows(day, &names), names).map {
                Tally.Found(
                    kind: $0.kind.rawValue, entity: $0.entity, foundAt: $0.foundAt, lastSeen: $0.lastSeen,
                    contacts: $0.contacts)
            }
            _ = tally.add(day.attacks, found)
        }
        #expect(tally.whole.precision >= 0.9, "\(tally.rows)")
        #expect(tally.whole.recall >= 0.95, "\(tally.rows)")
        let scans = ["vertical_scan", "horizontal_scan", "slow_scan"].flatMap { tally.rows[$0]?.contacts ?? [] }
        #expect(Tally.median(scans.map(Double.init)) <= 6)
    }

    @Test func `a day without attacks has no more than one finding`() throws {
        var names = Names()
        let flows = Self.flows(TrafficDay(seed: 21, isQuiet: true), &names)
        #expect(try Self.findings(flows, names).count <= 1)
    }

    /// Writes the day's flows to an archive in parts, in an order.
    private static func archive(_ day: TrafficDay, _ path: String, parts: Int, reversed: Bool) throws -> ArchiveFolder {
        let folder = ArchiveFolder(path)
        var writer = try ArchiveWriter(folder, try folder.claim())
        var lines = day.lines
        if reversed { lines.reverse() }
        let size = (lines.count + parts - 1) / parts
        for part in 0..<parts {
            var batch = FlowBatch()
            var ids: [UInt128] = []
            for line in lines.dropFirst(part * size).prefix(size) {
                // The id is the flow's own, wherever it stands.
                let number = UInt128(UInt64(bitPattern: line.start)) << 16 | UInt128(line.initiatorPort)
                ids.append(number ^ line.target << 20 & (UInt128(1) << 96 - 1))
                line.addRow(to: &batch)
            }
            _ = try writer.close(batch, ids: ids)
        }
        return folder
    }

    private static func told(_ folder: ArchiveFolder, rowsAtOnce: Int) throws -> [String] {
        var names = Names()
        let detector = Detector()
        _ = try RecordStream(folder, rowsAtOnce: rowsAtOnce).forEach(&names) { flow, _ in detector.take(flow) }
        return detector.finish(names).map { finding in
            "\(finding.id) \(finding.kind) \(finding.entity) \(finding.score) \(finding.evidence) \(finding.targets) "
                + "\(finding.ports) \(finding.firstSeen) \(finding.lastSeen) \(finding.records) \(finding.contacts)"
        }
    }

    @Test func `findings are the same however records came and are read`() async throws {
        try await withScratchFolder { path in
            let day = TrafficDay(seed: 31, hours: 16)
            let one = try Self.archive(day, "\(path)/one", parts: 1, reversed: false)
            let many = try Self.archive(day, "\(path)/many", parts: 7, reversed: true)
            let whole = try Self.told(one, rowsAtOnce: .max / 2)
            #expect(whole.count > 8)
            #expect(try Self.told(many, rowsAtOnce: .max / 2) == whole)
            #expect(try Self.told(many, rowsAtOnce: 500) == whole)
        }
    }
}
