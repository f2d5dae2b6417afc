import Foundation
import FuzzEntries
import Glibc
import Host
import TestSupport
import Testing

@testable import Netlink

/// The requests that the fixtures hold, given to the kernel that runs now.
@Suite(.serialized) struct KernelTakesTests {
    static let table = """
        table inet t {
            set counted { typeof iifname . ip daddr . meta l4proto . th dport; size 100; flags dynamic; counter; }
            set anything { typeof iifname; counter; elements = { "near0", "far0", * } }
            map ways { type ifname : verdict; elements = { "near0" : jump c } }
            map sources { type ifname : mark; }
            chain c { }
            chain d { }
            chain f { type filter hook forward priority 0
                meta l4proto udp add @counted { iifname . ip daddr . meta l4proto . th dport counter }
                iifname @anything
            }
        }

        """

    /// A name as the kernel keeps it in a key.
    static func name(_ text: String) -> [UInt8] {
        Array(text.utf8) + [UInt8](repeating: 0, count: 16 - text.utf8.count)
    }

    /// One step of each kind.
    static let steps: [RuleTable.Step] = [
        .addChain("e"), .addJumpRule(chain: "e", to: "c"), .addGotoRule(chain: "e", to: "d"),
        .add(set: "anything", key: name("eth7")), .addJump(map: "ways", key: name("eth7"), chain: "e"),
        .addValue(map: "sources", key: name("eth7"), value: [4, 3, 2, 1]), .remove(set: "anything", key: name("far0")),
    ]

    static var batch: (bytes: [UInt8], wanted: Set<UInt32>, last: UInt32) {
        MessageBuilder.batch(steps.map { step in { step.encode(&$0, table: TableName(.inet, "t"), $1) } }, after: 0)
    }

    private func withTable(_ body: (TestHost, NetfilterSocket) throws -> Void) throws {
        let host = try TestHost("nk")
        defer { host.remove() }
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
        try write(Array(Self.table.utf8), to: path)
        defer { unlink(path) }
        try TestHost.run("nft", "-f", path, in: host.name)
        try body(host, NetworkNamespace.within(host.name) { try NetfilterSocket() })
    }

    @Test(.kernel) func `the recorded transaction does what its steps say`() throws {
        try withTable { host, socket in
            let bytes = try RecordedBytes("nft-batch").datagrams[0]
            #expect(Glibc.send(socket.number, bytes, bytes.count, 0) == bytes.count)
            let listing = { try TestHost.run("nft", "list", "table", "inet", "t", in: host.name) }
            try eventually("the kernel to take the transaction") { try listing().contains("eth7") }
            let text = try listing().split(separator: "\n").map { $0.trimmingCharacters(in: .whitespaces) }
            #expect(text.contains("chain e {"))
            #expect(text.contains("jump c"))
            #expect(text.contains("goto d"))
            #expect(text.contains { $0.hasPrefix("elements = { \"eth7\" : 0x01020304") }, "\(text)")
            #expect(text.contains { $0.contains("\"eth7\" : jump e") }, "\(text)")
            let table = RuleTable(
                TableName(.inet, "t"), socket: try NetworkNamespace.within(host.name) { try NetfilterSocket() })
            let keys = Set(try table.elements(of: "anything").map(\.key))
            #expect(keys == [Self.name("near0"), Self.name("eth7"), []])
        }
    }

    @Test(.kernel) func `a transaction that the kernel refuses changes nothing`() throws {
        try withTable { host, socket in
            let table = RuleTable(TableName(.inet, "t"), socket: socket)
            let before = try table.rulesetNumber()
            #expect(throws: NetlinkError.refused(request: "twice", code: EEXIST)) {
                try table.commit("twice", [.addChain("g"), .addChain("c")])
            }
            #expect(try table.rulesetNumber() == before)
            #expect(try !TestHost.run("nft", "list", "table", "inet", "t", in: host.name).contains("chain g"))
        }
    }
}
