import Archive
import Model
import Query
import Records
import TestSupport
import Testing

@testable import Import

/// IBM's objects and Azure's documents: what each element becomes.
struct DocumentFormatTests {
    private func read(_ text: String, _ columns: [FlowColumn]) async throws -> (
        results: [ImportResult], rows: [[AnswerValue]], completeness: AnswerCompleteness
    ) {
        try await withScratchFolder { folder in
            let archive = ArchiveFolder("\(folder)/archive")
            try write(Array(text.utf8), to: "\(folder)/a.json")
            var results: [ImportResult] = []
            for _ in 0..<2 {
                var importer = try Importer(
                    archive, try ArchiveWriter(archive, try archive.claim()), format: nil, fields: nil)
                try importer.read("\(folder)/a.json")
                try importer.finish()
                results.append(importer.result)
            }
            var question = FlowQuestion()
            question.columns = columns
            let answer = try Answerer(archive).answer(question)
            return (results, answer.rows, answer.completeness)
        }
    }

    @Test func `IBM's objects are read`() async throws {
        let (results, rows, completeness) = try await read(
            """
            {"version": "0.0.1", "network_interface_id": "crn:v1:bluemix:public:is:us-south:a/acc::vnic:n-1",
             "instance_crn": "crn:v1:bluemix:public:is:us-south-1:a/acc::instance:i-1", "vpc_crn": "crn:v1:bluemix:public:is:us-south:a/acc::vpc:v-1",
             "capture_start_time": "2026-01-01T00:00:00Z", "capture_end_time": "2026-01-01T00:05:00Z", "state": "skip data",
             "number_of_flow_logs": 3, "flow_logs": [
              {"start_time": "2026-01-01T00:00:01Z", "end_time": "2026-01-01T00:00:09Z", "connection_start_time": "2026-01-01T00:00:01Z",
               "direction": "I", "action": "accepted", "initiator_ip": "10.0.0.1", "target_ip": "10.0.0.2", "initiator_port": 40000, "target_port": 443,
               "transport_protocol": 6, "was_initiated": true, "was_terminated": false, "bytes_from_initiator": 1, "packets_from_initiator": 2,
               "bytes_from_target": 3, "packets_from_target": 4, "cumulative_bytes_from_initiator": 5},
              {"start_time": "2026-01-01T00:00:02Z", "end_time": "2026-01-01T00:00:02Z", "direction": "O", "action": "rejected", "initiator_ip": "10.0.0.1",
               "target_ip": "10.0.0.2", "initiator_port": 40000, "target_port": 22, "transport_protocol": 6, "was_initiated": false, "was_terminated": true},
              {"start_time": "2026-01-01T00:00:02Z", "action": "maybe"}]}
            """,
            [
                .project, .vpc, .instanceID, .interfaceID, .direction, .verdict, .state, .targetPort,
                .packetsFromTarget,
                .cumulativeBytesFromInitiator, .windowEnd,
            ])
        #expect(results.map(\.imported) == [2, 0])
        #expect(results.map(\.known) == [0, 2])
        #expect(results[0].badLines == 1)
        #expect(results[0].complaints.first?.contains(":3: action: \"maybe\"") == true)
        let place: [AnswerValue] = [.text("acc"), .text("v-1"), .text("i-1"), .text("n-1")]
        let end = AnswerValue.instant(1_767_225_900_000_000)
        #expect(
            rows == [
                place + [.text("ingress"), .text("accept"), .text("new"), .number(443), .number(4), .number(5), end],
                place + [.text("egress"), .text("drop"), .text("refused"), .number(22), .absent, .absent, end],
            ])
        #expect(completeness.loss.map(\.reason) == ["skip data"])
        #expect(completeness.loss.map(\.interface) == ["n-1"])
    }

    @Test func `Azure's tuples of networks and groups are read`() async throws {
        let columns: [FlowColumn] = [
            .start, .end, .initiatorPort, .transport, .direction, .verdict, .state, .bytesFromInitiator,
            .packetsFromTarget,
            .interfaceID, .rule, .project,
        ]
        let (results, rows, _) = try await read(
            """
            {"records":[{"time":"2026-01-01T00:00:10Z","macAddress":"00224871C205","flowLogResourceID":"/SUBSCRIPTIONS/SUB-1/RESOURCEGROUPS/R/x",
             "targetResourceID":"/subscriptions/sub-1/resourceGroups/R/providers/Microsoft.Network/virtualNetworks/net","flowRecords":{"flows":[{"aclID":"acl-1",
             "flowGroups":[{"rule":"DefaultRule_AllowInternetOutBound","flowTuples":["1767225601123,10.0.0.1,10.0.0.2,40000,443,6,O,B,NX,0,0,0,0",
             "1767225602000,10.0.0.1,10.0.0.2,40000,443,6,O,E,NX,10,2210,19,18832","1767225603000,10.0.0.1,10.0.0.2,40000,443,6,X,E,NX,10,2210,19,18832"]}]}]}},
             {"properties":{"Version":2,"flows":[{"rule":"UserRule_x","flows":[{"mac":"000D3AF87856","flowTuples":["1767225604,10.0.0.1,10.0.0.2,40000,22,T,I,D,B,,,,"]}]}]}}]}
            """, columns)
        #expect(results.map(\.imported) == [3, 0])
        #expect(results[0].badLines == 1)
        let first = AnswerValue.instant(1_767_225_601_123_000)
        let second = AnswerValue.instant(1_767_225_602_000_000)
        let third = AnswerValue.instant(1_767_225_604_000_000)
        let rule = AnswerValue.text("DefaultRule_AllowInternetOutBound")
        let mac = AnswerValue.text("00224871C205")
        let port = AnswerValue.number(40_000)
        #expect(
            rows == [
                [
                    first, first, port, .text("tcp"), .text("egress"), .text("accept"), .text("new"), .number(0),
                    .number(0), mac, rule, .text("sub-1"),
                ],
                [
                    second, second, port, .text("tcp"), .text("egress"), .text("accept"), .text("ended"), .number(2210),
                    .number(19), mac,
                    rule, .text("sub-1"),
                ],
                [
                    third, third, port, .text("tcp"), .text("ingress"), .text("drop"), .text("refused"), .absent,
                    .absent,
                    .text("000D3AF87856"), .text("UserRule_x"), .absent,
                ],
            ])
    }

    @Test func `a document that is none is told`() async throws {
        let (results, _, _) = try await read("{\"records\": [", [.id])
        #expect(results[0].failures.first?.reason.contains("no whole JSON document") == true)
    }
}
