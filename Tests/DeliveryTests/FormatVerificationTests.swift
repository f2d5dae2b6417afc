import Buckets
import Foundation
import Model
import Records
import TestSupport
import Testing

@testable import Delivery

/// Objects of every format are delivered, listed in manifests and verified alike.
@Suite struct FormatVerificationTests {
    private static let formats: [FlowLogFormat] = [.jsonLines, .aws(columns: AWSField.defaultNames)]

    /// A bucket with two whole hours of 20-minute windows and one window more, which has no manifest.
    private func withBucket(
        _ format: FlowLogFormat, _ body: (String, () async throws -> BucketVerification.Report) async throws -> Void
    ) async throws {
        let revision = Estate.revision([Estate.collector(.vpc("shop"), format: format)])
        let web = Estate.interface("web-1", "eth0")
        try await withScratchFolder { folder in
            let host = try SpooledHost(folder)
            for index in [0, 20, 40, 60, 80, 100, 120] {
                let records = [Estate.record(index, web, .egress, sequence: UInt64(index + 1))]
                try await host.pass(
                    index, revision, records: records, lossy: index == 40 ? Estate.interfaces : [])
            }
            let bucket = DeliveredBucket(path: "\(folder)/logs", host: folder)
            try await body(bucket.path, bucket.verify)
        }
    }

    @Test(arguments: formats) func `a bucket as it was delivered is proven`(format: FlowLogFormat) async throws {
        try await withBucket(format) { _, verify in
            let report = try await verify()
            #expect(report.findings.isEmpty)
            #expect(report.proven == 18)
            #expect(report.stated == 3)
            #expect(report.uncovered == 3)
        }
    }

    @Test(arguments: formats) func `a removed object is found`(format: FlowLogFormat) async throws {
        try await withBucket(format) { folder, verify in
            let key = try #require(files(below: folder).first { !$0.hasPrefix("manifests/") })
            try FileManager.default.removeItem(atPath: "\(folder)/\(key)")
            #expect(try await verify().findings == [.removed(key: key)])
        }
    }

    @Test(arguments: formats) func `a copy in a covered hour is found, one of an open hour is not`(
        format: FlowLogFormat
    ) async throws {
        try await withBucket(format) { folder, verify in
            let keys = files(below: folder).filter { !$0.hasPrefix("manifests/") }
            for (stamp, isOpen) in [("hour=10", false), ("hour=12", true), ("T1015Z", false), ("T1155Z", true)] {
                guard let key = keys.first(where: { $0.contains(stamp) }) else { continue }
                // Another counter, or the last digits of the hash.
                let copy = key.replacing("00000000.jsonl.gz", with: "00000009.jsonl.gz")
                    .replacing(#/[0-9a-f]{4}\.log\.gz/#, with: "0000.log.gz")
                try FileManager.default.copyItem(atPath: "\(folder)/\(key)", toPath: "\(folder)/\(copy)")
                let report = try await verify()
                #expect(report.findings == (isOpen ? [] : [.replayed(key: copy)]))
                #expect(report.uncovered == (isOpen ? 4 : 3))
                try FileManager.default.removeItem(atPath: "\(folder)/\(copy)")
            }
        }
    }

    @Test(arguments: formats) func `another interface's object in the place of one is found`(
        format: FlowLogFormat
    ) async throws {
        try await withBucket(format) { folder, verify in
            let keys = files(below: folder).filter { $0.contains("hour=10") || $0.contains("T1015Z") }
                .filter { !$0.hasPrefix("manifests/") }.sorted()
            let content = try Data(contentsOf: URL(filePath: "\(folder)/\(keys[0])"))
            try content.write(to: URL(filePath: "\(folder)/\(keys[1])"))
            let findings = try await verify().findings
            #expect(findings.count == 1)
            #expect(findings.first.map { "\($0)".contains(keys[1]) } == true)
        }
    }
}
