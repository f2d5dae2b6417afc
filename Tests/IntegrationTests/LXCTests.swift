import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport
import Testing

/// LXC containers on a bridge, judged before their init runs by what `gatehouse integrate lxc` writes.
@Suite(.serialized, .integrations) struct LXCTests {
    /// Containers of one host, in a folder of their own.
    private final class Containers {
        private let agent: AgentUnderTest
        private let folder: String
        private var names: Set<String> = []

        init(_ agent: AgentUnderTest) throws {
            self.agent = agent
            folder = "/tmp/\(agent.host.name)l"
            try? FileManager.default.removeItem(atPath: folder)
            try DurableFile.makeFolder(folder, mode: 0o755)
        }

        /// As LXC's package lays it out, with the snippet that `integrate` wrote below this root.
        var root: String { folder + "/root" }

        /// * `page`: lines of the guide, in place of ours for address and groups.
        func define(_ name: String, address: String, groups: String, page: String? = nil) throws {
            let tree = "\(folder)/\(name)/rootfs"
            for part in ["bin", "dev", "proc", "sys", "tmp"] {
                try DurableFile.makeFolder("\(tree)/\(part)", mode: 0o755)
            }
            try TestHost.run("cp", "/bin/busybox", "\(tree)/bin")
            let ours = """
                lxc.net.0.type = veth
                lxc.net.0.link = br-shop
                lxc.net.0.flags = up
                lxc.net.0.ipv4.address = \(address)/24
                lxc.net.0.hwaddr = 02:00:00:00:00:\(address.suffix(2))
                lxc.environment = GATEHOUSE_GROUPS=\(groups)
                """
            let configuration = """
                lxc.include = \(root)/usr/share/lxc/config/common.conf.d/50-gatehouse.conf
                lxc.uts.name = \(name)
                lxc.rootfs.path = dir:\(tree)
                lxc.init.cmd = /bin/busybox sleep 100000
                \(page ?? ours)

                """
            try DurableFile.replace("\(folder)/\(name)/config", with: Array(configuration.utf8))
        }

        /// Starts a container; whether it runs, and what LXC said.
        func start(_ name: String) throws -> (runs: Bool, words: String) {
            names.insert(name)
            // LXC finds bridges in /sys, which is to be that of the namespace, with the control groups of before.
            let script = """
                mkdir -p \(folder)/groups && mount --rbind /sys/fs/cgroup \(folder)/groups && mount -t sysfs none /sys &&
                mount --rbind \(folder)/groups /sys/fs/cgroup && exec lxc-start -P \(folder) -n \(name) -l DEBUG -o \(folder)/log
                """
            let run = try ChildProcess.run("unshare", ["-m", "sh", "-c", script], namespace: agent.host.name)
            let log = String(decoding: try DurableFile.read("\(folder)/log", lastBytes: 60_000) ?? [], as: UTF8.self)
            return (run.exit == .code(0), run.errors + log)
        }

        func guest(_ name: String) throws -> Guest {
            // LXC is asked by a socket of the namespace.
            let pid = try TestHost.run("lxc-info", "-P", folder, "-n", name, "-p", "-H", in: agent.host.name).filter(
                \.isNumber)
            let space = agent.host.name + name
            try TestHost.run("ip", "netns", "del", space, mayFail: true)
            try TestHost.run("ip", "netns", "attach", space, pid)
            return Guest(namespace: space)
        }

        func stop(_ name: String) throws {
            try TestHost.run("lxc-stop", "-k", "-P", folder, "-n", name, in: agent.host.name, mayFail: true)
            try TestHost.run("ip", "netns", "del", agent.host.name + name, mayFail: true)
        }

        func remove() {
            for name in names { try? stop(name) }
            try? FileManager.default.removeItem(atPath: folder)
        }
    }

    @Test(.kernel) func `three tiers of containers are judged before they run, and what cannot be judged does not run`()
        throws
    {
        let agent = try AgentUnderTest("lx")
        defer { agent.remove() }
        let containers = try Containers(agent)
        defer { containers.remove() }
        try agent.addBridge("br-shop", addresses: ["10.77.0.1/24"])
        try agent.start()
        try agent.apply(ThreeTiers.policy(bridge: "br-shop"))
        let integrate = ["integrate", "lxc", "--root", containers.root, "--data", agent.folder.path]
        let run = try ChildProcess.run(AgentUnderTest.program("gatehouse"), integrate)
        try #require(run.exit == .code(0), "\(run.errors)")
        for (name, address, groups) in [
            ("web-1", ThreeTiers.web, "web"), ("app-1", ThreeTiers.app, "app"), ("db-1", ThreeTiers.db, "db"),
        ] {
            // The first is the page's own.
            let page = groups == "web" ? try GuidePage("lxc").block("") : nil
            try containers.define(name, address: address, groups: groups, page: page)
            let start = try containers.start(name)
            try #require(start.runs, "\(start.words)")
            // At once: the hook is done before the container runs.
            #expect(try agent.interfaces().contains { $0.interface == "\(name)/eth0" && $0.isInForce })
        }
        let tiers = ThreeTiers(agent)
        let (web, db) = (try containers.guest("web-1"), try containers.guest("db-1"))
        try tiers.expectJudged(web: web, app: try containers.guest("app-1"), db: db)
        try tiers.expectTold()
        try containers.stop("app-1")
        try eventually("its end") { try !agent.interfaces().contains { $0.interface == "app-1/eth0" } }
        #expect(try containers.start("app-1").runs)
        try tiers.expectJudged(web: web, app: try containers.guest("app-1"), db: db)
        #expect(try agent.books(settle: 30).isBalanced)
        // A group that nobody defined, and an agent that is away.
        try containers.define("bad", address: "10.77.0.20", groups: "sever")
        let bad = try containers.start("bad")
        #expect(!bad.runs && bad.words.contains("there is no group \"sever\""), "\(bad.words)")
        try agent.supervisor.stop()
        try containers.stop("web-1")
        let away = try containers.start("web-1")
        #expect(!away.runs && away.words.contains("no agent answers"), "\(away.words)")
    }
}
