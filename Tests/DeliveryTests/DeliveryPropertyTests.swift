import Buckets
import Foundation
import Model
import TestSupport
import Testing

@testable import Delivery

/// Random windows, owners, intervals and sizes, with crashes: each record is once in the right bucket.
@Suite struct DeliveryPropertyTests {
    /// What an object says.
    private struct Found: Hashable {
        let interface: String
        let part: String
        let folder: String
        let number: Int
        let start: String
        let end: String
        let ports: [Int]
        let collector: String
    }

    private static let buckets = ["file:a", "file:b"]

    private func collectors(_ random: inout SplitMix64) -> [Collector] {
        let targets: [Collector.Target] = [
            .vpc("shop"), .subnet(vpc: "shop", subnet: "back"), .instance(vpc: "shop", instance: "web-1"),
            .interface(vpc: "shop", instance: "web-1", interface: "eth0"),
        ]
        var made = targets.enumerated().filter { _ in random.chance(60) }.map { index, target in
            Estate.collector(
                target, "c\(index)", bucket: Self.buckets[index % 2], isActive: random.chance(80),
                interval: random.pick([60, 90, 300]))
        }
        // Both buckets are always somebody's.
        for (index, bucket) in Self.buckets.enumerated() {
            made.append(Estate.collector(.vpc("other\(index)"), "keeper\(index)", bucket: bucket))
        }
        return made
    }

    @Test(arguments: 0..<12) func `each record is once where its owner wanted it`(seed: Int) async throws {
        try await withScratchFolder { folder in
            var random = SplitMix64(seed: UInt64(seed))
            let host = try SpooledHost(folder)
            var current = collectors(&random)
            let stateFile = "\(folder)/state/delivery.json"
            /// Ports of the records that each bucket should have; a port is a record's name.
            var expected: [String: Set<Int>] = [:]
            /// Those of collectors that may have gone before they were delivered.
            var port = 0
            var (now, windowEnd) = (Estate.minute, Estate.end(0))
            host.adopt(Estate.revision(current))
            for _ in 0..<60 {
                let isEarly = random.chance(40)
                let end =
                    isEarly
                    ? now.advanced(
                        by: .milliseconds(
                            Int.random(
                                in: 1..<max(2, min(Self.gap(now, windowEnd), random.pick([400, 60_000]))),
                                using: &random)))
                    : windowEnd
                let owners = try host.source.ownership(.init(nanoseconds: .max))
                var records: [FlowRecord] = []
                for interface in Estate.interfaces {
                    let count = random.chance(10) ? 200 : Int.random(in: 0...3, using: &random)
                    for _ in 0..<count {
                        port += 1
                        var record = Estate.record(
                            0, interface, random.chance(50) ? .ingress : .egress, sequence: UInt64(port), at: now)
                        record.windowEnd = windowEnd
                        records.append(record)
                        guard let owner = owners.owners[interface] else { continue }
                        expected[owner.collector.bucket, default: []].insert(port)
                    }
                }
                // Some are on disk before anybody knows when their window ends.
                let cut = Int.random(in: 0...records.count, using: &random)
                try host.record(Array(records.prefix(cut)))
                try host.close(at: end, records: Array(records.dropFirst(cut)))
                now = end
                // Hours pass, each of which gets its manifests.
                if end == windowEnd { windowEnd = windowEnd.advanced(by: .seconds(random.chance(20) ? 1500 : 60)) }
                if isEarly, random.chance(70) {
                    // Collectors are changed, suspended and added; none goes with what it is owed.
                    let kept = Set(current.map(\.id))
                    let changed = collectors(&random)
                    let missing = current.filter { old in !changed.contains { $0.id == old.id } }.map {
                        Estate.collector($0.target, $0.name, bucket: $0.bucket, isActive: false, interval: $0.interval)
                    }
                    current = changed + missing
                    #expect(Set(current.map(\.id)).isSuperset(of: kept))
                    host.adopt(Estate.revision(current))
                }
                if random.chance(15) { host.flush() }
                guard random.chance(75) else { continue }
                try await crash(host, folder, stateFile, &random)
                try await host.deliver()
            }
            // All that is owed becomes due.
            host.adopt(
                Estate.revision(
                    current.map {
                        Estate.collector($0.target, $0.name, bucket: $0.bucket, isActive: false, interval: $0.interval)
                    }))
            try await host.deliver()
            for bucket in Self.buckets {
                let name = String(bucket.dropFirst(5))
                let found = try objects("\(folder)/\(name)")
                let ports = found.flatMap(\.ports)
                #expect(Set(ports).count == ports.count, "\(bucket): a record twice")
                let wanted = Set((expected[bucket] ?? []).map { $0 })
                #expect(Set(ports) == wanted, "\(bucket)")
                check(found)
                let report = try await DeliveredBucket(path: "\(folder)/\(name)", host: folder).verify()
                #expect(report.findings == [], "\(bucket)")
                #expect(report.proven + report.uncovered == found.count, "\(bucket)")
                #expect(report.manifests > 0 && report.proven > 0, "\(bucket)")
            }
        }
    }

    private static func gap(_ start: Timestamp, _ end: Timestamp) -> Int {
        Int((end.nanoseconds - start.nanoseconds) / 1_000_000)
    }

    /// Seals the hour and delivers, each then undone to what a crash on the way leaves: the state on disk at some point before,
    /// with some of the files there.
    private func crash(
        _ host: SpooledHost, _ folder: String, _ stateFile: String, _ random: inout SplitMix64
    ) async throws {
        for bucket in Self.buckets where random.chance(50) {
            let name = String(bucket.dropFirst(5))
            guard let round = try host.next(bucket) else { continue }
            var disk = try Disk(folder, name)
            let before = host.delivery.state[bucket]
            try await host.delivery.sealHour(before: round.end.hour, before, bucket: bucket)
            if random.chance(30) {
                try disk.goBack(removing: "manifests", &random)
                try host.restart()
                continue
            }
            // The hour is sealed; now the state says what is attempted, and no more.
            disk = try Disk(folder, name)
            var state = host.delivery.state
            state[bucket].attempt = round.attempt
            try await host.delivery.deliver(round, to: bucket, from: host.source.spool, catalogue: Catalogue())
            try disk.goBack(removing: "ibm", &random)
            try state.write(to: stateFile)
            try host.restart()
        }
    }

    /// What a host and a bucket have on disk.
    private struct Disk {
        private let folder: String
        private let bucket: String
        private let known: Set<String>
        private let state: [UInt8]?
        private let journals: [String: [UInt8]]

        init(_ folder: String, _ bucket: String) throws {
            (self.folder, self.bucket) = (folder, bucket)
            known = Set(files(below: "\(folder)/\(bucket)"))
            state = try? bytes("\(folder)/state/delivery.json")
            journals = try Dictionary(
                uniqueKeysWithValues: files(below: "\(folder)/manifest-journals").map {
                    ($0, try bytes("\(folder)/manifest-journals/\($0)"))
                })
        }

        /// State and journals as they were, these perhaps with a part of what was added; some of what is new in the bucket goes.
        func goBack(removing prefix: String, _ random: inout SplitMix64) throws {
            if let state { try write(state, to: "\(folder)/state/delivery.json") }
            for name in files(below: "\(folder)/manifest-journals") {
                let path = "\(folder)/manifest-journals/\(name)"
                let (former, present) = (journals[name] ?? [], try bytes(path))
                // Before its lines are written no object is noted; after that none may be missing.
                let isGrown = present.starts(with: former)
                let kept = isGrown ? Int.random(in: former.count...present.count, using: &random) : former.count
                try write(Array((isGrown ? present : former).prefix(kept)), to: path)
            }
            for path in files(below: "\(folder)/\(bucket)") where path.hasPrefix(prefix) && !known.contains(path) {
                if random.chance(50) { try FileManager.default.removeItem(atPath: "\(folder)/\(bucket)/\(path)") }
            }
        }
    }

    private func objects(_ folder: String) throws -> [Found] {
        try files(below: folder).filter { $0.hasPrefix("ibm") }.map { path in
            let object = try DeliveredBucket.object(at: "\(folder)/\(path)")
            let logs = try #require(object["flow_logs"] as? [[String: Any]])
            let parts = path.split(separator: "/")
            return Found(
                interface: object["network_interface_id"] as? String ?? "",
                part: parts.first { $0.hasPrefix("record-type") }.map(String.init) ?? "",
                folder: parts.dropLast().joined(separator: "/"), number: Int(parts.last?.prefix(8) ?? "") ?? -1,
                start: object["capture_start_time"] as? String ?? "", end: object["capture_end_time"] as? String ?? "",
                ports: logs.compactMap { $0["initiator_port"] as? Int },
                collector: object["collector_crn"] as? String ?? "")
        }
    }

    /// Numbers without holes in each folder; in a stream each span begins where the one before ended.
    private func check(_ found: [Found]) {
        for (folder, objects) in Dictionary(grouping: found, by: \.folder) {
            #expect(objects.map(\.number).sorted() == Array(0..<objects.count), "\(folder)")
            let sorted = objects.sorted { $0.number < $1.number }
            for (before, after) in zip(sorted, sorted.dropFirst()) {
                // Seconds are rounded: down where a span begins, up where it ends.
                #expect(after.start <= before.end && after.end >= before.end, "\(folder): \(before) \(after)")
            }
        }
    }
}
