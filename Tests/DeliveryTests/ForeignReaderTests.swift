import Delivery
import Foundation
import Model
import TestSupport
import Testing

/// Objects must be good for readers that are not ours.
@Suite(.ownThread) struct ForeignReaderTests {
    private static let script = """
        import gzip, json, sys, urllib.parse
        for path in sys.argv[1:]:
            log = json.load(gzip.open(path))
            parts = dict(p.split("=", 1) for p in path.split("/") if "=" in p)
            assert urllib.parse.unquote(parts["vpc-id"]) == log["vpc_crn"], path
            assert urllib.parse.unquote(parts["instance-id"]) == log["instance_crn"], path
            assert parts["vnic-id"] == log["network_interface_id"], path
            assert len(log["flow_logs"]) == log["number_of_flow_logs"], path
            for record in log["flow_logs"]:
                assert len(record) == 21, record
                assert record["direction"] == {"ingress": "I", "egress": "O"}[parts["record-type"]], record
            print(len(log["flow_logs"]))
        """

    private func withObjects(_ body: ([String]) throws -> Void) async throws {
        try await withScratchFolder { folder in
            let web = Estate.interface("web-1", "eth0")
            let records = [
                Estate.record(0, web, .ingress, sequence: 1), Estate.record(0, web, .egress, sequence: 2),
                Estate.record(0, web, .egress, sequence: 3),
            ]
            let revision = Estate.revision([Estate.collector(.vpc("shop"))])
            try await SpooledHost(folder).pass(0, revision, records: records)
            try body(files(below: "\(folder)/logs").map { "\(folder)/logs/\($0)" })
        }
    }

    @Test(.enabled(if: Program("gzip") != nil)) func `gzip finds every object whole`() async throws {
        let gzip = try #require(Program("gzip"))
        try await withObjects { paths in
            let result = try gzip.run(["-t"] + paths)
            #expect(result.status == 0, "\(result.output)")
        }
    }

    @Test(.enabled(if: Program("python3") != nil)) func `Python reads keys that agree with their content`() async throws
    {
        let python = try #require(Program("python3"))
        try await withObjects { paths in
            let result = try python.run(["-c", Self.script] + paths)
            #expect(result.status == 0, "\(result.output)")
            #expect(result.output.split(separator: "\n").compactMap { Int($0) }.reduce(0, +) == 3)
        }
    }
}
