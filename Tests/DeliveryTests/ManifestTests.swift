import Buckets
import Foundation
import Host
import Model
import TestSupport
import Testing

@testable import Delivery

@Suite struct ManifestTests {
    private let revision = Estate.revision([Estate.collector(.vpc("shop"))])
    private let web = Estate.interface("web-1", "eth0")

    /// A bucket with two whole hours and a window of a third, of which only the window has no manifest.
    private func withBucket(_ body: (String, Manifests) async throws -> Void) async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            // Windows end at 10:00 … 10:59, 11:00 … 11:59 and 12:00: 20 minutes apart here.
            for index in [0, 20, 40, 60, 80, 100, 120] {
                let records = [Estate.record(index, web, .egress, sequence: UInt64(index + 1))]
                try await host.pass(
                    index, revision, records: records, lossy: index == 40 ? Estate.interfaces : [])
            }
            try await body("\(folder)/logs", Manifests(folder: folder))
        }
    }

    private struct Manifests {
        let folder: String

        func verify() async throws -> BucketVerification.Report {
            try await DeliveredBucket(path: "\(folder)/logs", host: folder).verify()
        }

        /// The objects of the interface's covered hours.
        func objects(_ hour: Int, _ interface: Identifier<Interface>) -> [String] {
            files(below: "\(folder)/logs").filter {
                $0.hasPrefix("ibm_vpc_flowlogs_v1/") && $0.contains("vnic-id=\(interface)/")
                    && $0.contains("/hour=\(hour)/")
            }
        }
    }

    @Test func `a bucket as it was delivered is proven`() async throws {
        try await withBucket { _, manifests async throws in
            let report = try await manifests.verify()
            #expect(report.findings.isEmpty)
            #expect(report.manifests == 6)
            #expect(report.proven == 36)
            #expect(report.stated == 6)
            #expect(report.uncovered == 6)
            #expect(report.coveredUntil == Timestamp(seconds: Estate.minute.seconds + 60 + 7200))
        }
    }

    @Test func `a bucket that nobody named for a time is proven too`() async throws {
        try await withScratchFolder { folder in
            let other = Estate.revision([Estate.collector(.vpc("shop"), bucket: "file:other")])
            let host = try SpooledHost(folder)
            for (index, revision) in [(0, revision), (20, other), (80, revision), (140, revision)] {
                host.adopt(revision)
                try await host.delivery.adopt(Ownership(revision.policy).buckets, asOf: Estate.end(index))
                try await host.pass(index, revision)
            }
            let report = try await Manifests(folder: folder).verify()
            #expect(report.findings == [])
            #expect((report.proven, report.uncovered) == (12, 6))
        }
    }

    @Test func `a removed object is found`() async throws {
        try await withBucket { folder, manifests async throws in
            let key = manifests.objects(10, web)[1]
            try FileManager.default.removeItem(atPath: "\(folder)/\(key)")
            #expect(try await manifests.verify().findings == [.removed(key: key)])
        }
    }

    @Test func `an altered object is found, also of the same size`() async throws {
        try await withBucket { folder, manifests async throws in
            let key = manifests.objects(11, web)[0]
            var content = try bytes("\(folder)/\(key)")
            content[content.count / 2] ^= 1
            try write(content, to: "\(folder)/\(key)")
            #expect(try await manifests.verify().findings == [.altered(key: key)])
        }
    }

    @Test func `a truncated object is found`() async throws {
        try await withBucket { folder, manifests async throws in
            let key = manifests.objects(10, web)[0]
            let content = try bytes("\(folder)/\(key)")
            try write(Array(content.dropLast()), to: "\(folder)/\(key)")
            let finding = BucketVerification.Finding.truncated(key: key, size: content.count - 1, wanted: content.count)
            #expect(try await manifests.verify().findings == [finding])
        }
    }

    @Test func `a replayed object is found, as a copy or in another's place`() async throws {
        try await withBucket { folder, manifests async throws in
            let keys = manifests.objects(10, web)
            let copy = keys[0].replacing("00000000.gz", with: "00000009.gz")
            try FileManager.default.copyItem(atPath: "\(folder)/\(keys[0])", toPath: "\(folder)/\(copy)")
            #expect(try await manifests.verify().findings == [.replayed(key: copy)])
            try FileManager.default.removeItem(atPath: "\(folder)/\(copy)")
            try write(try bytes("\(folder)/\(keys[0])"), to: "\(folder)/\(keys[1])")
            let finding = try #require(try await manifests.verify().findings.first)
            #expect([.altered(key: keys[1])].contains(finding) || "\(finding)".hasPrefix("truncated"))
        }
    }

    @Test func `an hour that was removed with its manifest is missed`() async throws {
        try await withBucket { folder, manifests async throws in
            let manifest = try #require(
                files(below: folder).first {
                    $0.hasPrefix("manifests/") && $0.contains("\(web)") && $0.contains("hour=10")
                })
            for key in manifests.objects(10, web) + [manifest] {
                try FileManager.default.removeItem(atPath: "\(folder)/\(key)")
            }
            let finding = BucketVerification.Finding.removedManifest(interface: web.description, number: 1)
            #expect(try await manifests.verify().findings == [finding])
        }
    }

    @Test func `a manifest that was altered, moved or signed by another proves nothing`() async throws {
        try await withBucket { folder, manifests async throws in
            let paths = files(below: folder).filter { $0.hasPrefix("manifests/") && $0.contains("\(web)") }
            let content = try bytes("\(folder)/\(paths[0])")
            let altered = String(decoding: content, as: UTF8.self).replacing(
                "\"hasLoss\":true", with: "\"hasLoss\":false")
            try write(Array(altered.utf8), to: "\(folder)/\(paths[0])")
            let findings = try await manifests.verify().findings
            #expect(findings.contains(.badManifest(key: paths[0], reason: "its signature does not fit")))
            try write(content, to: "\(folder)/\(paths[0])")
            let moved = paths[0].replacing("hour=10", with: "hour=09")
            try DurableFile.makeFolder("\(folder)/\(moved.split(separator: "/").dropLast().joined(separator: "/"))")
            try write(content, to: "\(folder)/\(moved)")
            #expect(try await manifests.verify().findings == [.replayed(key: moved)])
            try FileManager.default.removeItem(atPath: "\(folder)/\(moved)")
            let other = try ManifestKey(file: "\(manifests.folder)/other.key")
            try DurableFile.replace("\(manifests.folder)/manifest.key.pub", with: Array(other.publicText.utf8))
            let strange = try await manifests.verify()
            #expect(strange.manifests == 0)
            #expect(strange.findings.count == 6)
        }
    }

    @Test(arguments: 0...3) func `a crash while an hour is closed gives the same manifests`(step: Int) async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            for index in 0..<2 { try await host.pass(index, revision) }
            let state = try bytes("\(folder)/state/delivery.json")
            let journals = "\(folder)/manifest-journals"
            let journal = try #require(files(below: journals).first)
            let lines = try bytes("\(journals)/\(journal)")
            try await host.pass(60, revision)
            let expected = files(below: "\(folder)/logs")
            // As after a crash: state and journal are the old ones, and some of the manifests are there.
            try write(state, to: "\(folder)/state/delivery.json")
            try write(step == 3 ? lines + [UInt8(ascii: "{")] : lines, to: "\(journals)/\(journal)")
            for path in expected.filter({ $0.hasPrefix("manifests/") }).dropFirst(step) {
                try FileManager.default.removeItem(atPath: "\(folder)/logs/\(path)")
            }
            try host.restart()
            try await host.deliver()
            #expect(files(below: "\(folder)/logs") == expected)
            #expect(try await Manifests(folder: folder).verify().findings.isEmpty)
        }
    }

    @Test func `a window that is delivered again after a crash is listed once`() async throws {
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            try await host.pass(0, revision)
            let state = try bytes("\(folder)/state/delivery.json")
            try await host.pass(1, revision)
            try write(state, to: "\(folder)/state/delivery.json")
            try host.restart()
            try await host.deliver()
            try await host.pass(60, revision)
            let report = try await Manifests(folder: folder).verify()
            #expect(report.findings.isEmpty)
            #expect(report.proven == 12)
        }
    }

    @Test func `a journal that is read in parts has every interface in one of them`() async throws {
        try await withScratchFolder { folder in
            let journal = ManifestJournal(bucket: "file:logs", folder: folder)
            let lines = (0..<300).map { number in
                ManifestJournal.Line(
                    interface: Identifier<Interface>(derivedFrom: "\(number % 50)").description, hour: 7,
                    object: .init(
                        key: "\(number)", size: 1, sha256: "", start: Estate.minute, end: Estate.end(0), records: 0,
                        hasLoss: false))
            }
            try journal.append(lines)
            // A line that a crash cut off, and what came after.
            try DurableFile.openForAppending("\(folder)/\(files(below: folder)[0])").writeAll(Array("{\"inter".utf8))
            try journal.append([lines[0]])
            let parts = try (0..<4).map { try journal.objects(of: 7, part: $0, of: 4) }
            #expect(parts.map(\.count).reduce(0, +) == 50)
            #expect(parts.allSatisfy { $0.count > 3 })
            #expect(Set(parts.flatMap { $0.values.flatMap { $0 } }.map(\.key)).count == 300)
            #expect(try journal.objects(of: 8).isEmpty)
        }
    }

    @Test func `the private key is for its owner alone`() async throws {
        try await withScratchFolder { folder in
            _ = try ManifestKey(file: "\(folder)/manifest.key")
            let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/manifest.key")[.posixPermissions]
            #expect((mode as? NSNumber)?.intValue == 0o600)
            #expect(try bytes("\(folder)/manifest.key.pub").count == 65)
        }
    }
}
