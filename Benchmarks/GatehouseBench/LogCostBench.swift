import Attribution
import CBenchPeers
import Enforcement
import Foundation
import Host
import Netlink
import Rehearsal

/// What reporting adds to the first packet of a session, in the thread that forwards it.
struct LogCostBench {
    private static let sessions: UInt64 = 100_000

    let host: BenchHost

    func run() throws {
        print(
            "\nreporting: ns of processor time a new session's packet, sender and host in one thread (\(Self.sessions) sessions, 7 rounds in turn)"
        )
        try host.clearRules()
        var indexes = RuleIndexes()
        let enforcer = Enforcer(program: NftProgram(namespace: BenchHost.host), socket: try host.socket(), epoch: 0)
        let policy = BenchPolicy.make(interfaces: 2, groups: 2, rules: 4)
        _ = try enforcer.load(try BenchPolicy.plan(policy, &indexes))
        let loud = try ChildProcess.run("nft", ["list", "ruleset"], namespace: BenchHost.host).output
        let silent = loud.replacing(try Regex("log prefix \"[a-z0-9]*\" group \(KernelNames.logGroup) ?"), with: "")
        guard silent != loud, !silent.contains("log prefix") else { throw BenchFailure("the rules report nothing") }
        var costs: (with: [Double], without: [Double]) = ([], [])
        var reports: [Double] = []
        for _ in 0..<7 {
            costs.without.append(try measure(silent).nanoseconds)
            let reporting = try measure(loud)
            costs.with.append(reporting.nanoseconds)
            reports.append(reporting.reports)
        }
        let added = zip(costs.with, costs.without).map { $0 - $1 }
        print("  without the log statements: \(figure(median(costs.without), 0)) ns")
        print("  with them: \(figure(median(costs.with), 0)) ns, \(figure(median(reports))) reports a packet")
        print(
            "  added: \(figure(median(added), 0)) ns a packet, \(figure(median(zip(added, reports).map { $0 / max($1, 1) }), 0)) ns a report"
        )
    }

    /// Nanoseconds and reports for each packet, with these rules and a reader that keeps up.
    private func measure(_ rules: String) throws -> (nanoseconds: Double, reports: Double) {
        try host.clearRules()
        try NftProgram(namespace: BenchHost.host).apply(rules)
        try host.forgetSessions()
        let socket = try host.socket()
        try socket.setReceiveBuffer(32 << 20)
        try PacketLog.bind(socket, .init(group: KernelNames.logGroup))
        let reader = ReaderThread(socket.number)
        let storm = host.storm(packets: Self.sessions, tuples: 1024...60_000, ports: 1024...60_000)
        let began = SystemClock.threadTime
        let sent = try storm.send(from: BenchHost.sender)
        let spent = Double(SystemClock.threadTime - began) / Double(sent)
        return (spent, reader.wait() / Double(sent))
    }
}

/// Takes what a socket reports, in a thread of its own, until nothing has come for a second.
final class ReaderThread: Sendable {
    private let result = ResultBox()

    init(_ number: Int32) {
        let result = result
        Thread.detachNewThread { result.finish(Double(gh_minimal_reader(number, 1000).packets)) }
    }

    /// How many packets were reported.
    func wait() -> Double { result.wait() }
}
