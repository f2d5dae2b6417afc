import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

/// Looking at earlier revisions, and going back to one.
@Suite(.serialized) struct RevisionCommandTests {
    @Test(.kernel) func `an earlier revision is shown, compared, and made the next one`() throws {
        let agent = try AgentUnderTest("rv")
        defer { agent.remove() }
        try agent.addGuest("web", addresses: ["10.1.0.10/24"])
        try agent.addGuest("app", addresses: ["10.1.0.11/24"])
        try agent.start()
        func gatehouse(_ words: String..., input: String = "") throws -> ChildProcess.Output {
            try ChildProcess.run(
                AgentUnderTest.program("gatehouse"), words + ["--data", agent.folder.path], input: Array(input.utf8),
                namespace: agent.host.name)
        }
        let first = FirstSessionTests.policy
        #expect(try gatehouse("apply", "-f", "-", input: first).exit == .code(0))
        // The same once more makes no revision.
        let again = try gatehouse("apply", "-f", "-", input: first)
        #expect(again.output.contains("nothing changes (against revision 1)"))
        #expect(again.output.contains("revision 1 by"))
        let second = first.replacingOccurrences(of: "tcp/8080", with: "tcp/9090")
        #expect(second != first)
        #expect(try gatehouse("apply", "-f", "-", input: second).output.contains("revision 2 by"))
        let change = try gatehouse("revisions", "diff", "1")
        #expect(change.output.contains("tcp/8080") && change.output.contains("tcp/9090"), "\(change.output)")
        #expect(change.output.contains("(from revision 1 to 2)"))
        #expect(try gatehouse("revisions", "show", "1").output.contains("tcp/8080"))
        let back = try gatehouse("apply", "--revision", "1")
        #expect(back.output.contains("(against revision 2)") && back.output.contains("revision 3 by"), "\(back.output)")
        #expect(try gatehouse("revisions", "diff", "1", "3").output.contains("nothing changes"))
        let store = RevisionStore(agent.folder)
        let (one, three) = (try store.load(1), try store.load(3))
        #expect(one?.policy.vpcs.first?.groups.map(\.name) == three?.policy.vpcs.first?.groups.map(\.name))
        let missing = try gatehouse("apply", "--revision", "9")
        #expect(missing.exit == .code(1))
        #expect(missing.errors.contains("revision 9: there are 1 to 3"), "\(missing.errors)")
    }
}
