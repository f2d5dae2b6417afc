import Foundation
import Host
import Link
import Model
import Records
import TestSupport
import Testing

/// libvirt and QEMU beside an agent, by the hook that `gatehouse integrate libvirt` writes.
@Suite(.serialized, .integrations) struct LibvirtTests {
    @Test(.kernel) func `three tiers of machines are judged before they run, and what cannot be judged does not run`()
        throws
    {
        let agent = try AgentUnderTest("lq")
        defer { agent.remove() }
        try agent.addBridge(Hypervisor.bridge, addresses: ["10.77.0.1/24"])
        try agent.start()
        try agent.apply(ThreeTiers.policy(bridge: Hypervisor.bridge))
        let hypervisor = try Hypervisor(on: agent.host)
        defer { hypervisor.remove() }
        let integrate = ["integrate", "libvirt", "--root", hypervisor.root, "--data", agent.folder.path]
        try #require(try ChildProcess.run(AgentUnderTest.program("gatehouse"), integrate).exit == .code(0))
        try hypervisor.start()
        func begin(_ name: String, _ address: String, _ groups: String) throws {
            let run = try hypervisor.create(name, address: address, groups: groups)
            try #require(run.code == 0, "\(run.words)")
            #expect(try agent.interfaces().contains { $0.interface == "\(name)/eth0" && $0.isInForce })
        }
        try begin("web-1", ThreeTiers.web, "web")
        try begin("app-1", ThreeTiers.app, "app")
        try begin("db-1", ThreeTiers.db, "db")
        func expectJudged() throws {
            // A machine boots in some seconds.
            try eventually("web reaches app", every: 500) {
                try hypervisor.reaches("web-1", ThreeTiers.app, 8080, seconds: 4)
            }
            try eventually("app reaches db", every: 500) {
                try hypervisor.reaches("app-1", ThreeTiers.db, 5432, seconds: 4)
            }
            #expect(try !hypervisor.reaches("web-1", ThreeTiers.db, 5432, seconds: 2))
            #expect(try !hypervisor.reaches("db-1", ThreeTiers.app, 8080, seconds: 2))
            #expect(try !hypervisor.reaches("app-1", ThreeTiers.db, 22, seconds: 2))
        }
        try expectJudged()
        try ThreeTiers(agent).expectTold()
        try hypervisor.destroy("web-1")
        try eventually("its end") { try !agent.interfaces().contains { $0.interface == "web-1/eth0" } }
        try begin("web-1", ThreeTiers.web, "web")
        try expectJudged()
        let report = try agent.books(settle: 30)
        #expect(report.isBalanced, "\(report.lines)")
        let bad = try hypervisor.create("bad", address: "10.77.0.20", groups: "sever")
        #expect(bad.code != 0 && bad.words.contains("there is no group \"sever\""), "\(bad.words)")
        try agent.supervisor.stop()
        let away = try hypervisor.create("bad", address: "10.77.0.20", groups: "web")
        #expect(away.code != 0 && away.words.contains("no agent answers"), "\(away.words)")
    }
}
