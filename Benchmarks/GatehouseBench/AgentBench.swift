import Foundation
import Host
import Link
import Model
import Policy
import PolicyFiles
import Rehearsal

/// What a whole agent takes: recording, reporting and delivering into a folder, under many sessions and under a flood.
struct AgentBench {
    private static let sessionsPerSecond = 20_000.0
    private static let seconds = 60.0
    private static let floodPerSecond = 500_000.0
    private static let floodSeconds = 10.0

    private static let policy = """
        project: bench
        vpcs:
          - name: v
            cidrs: [10.1.0.0/24]
            subnets: [{name: s, cidr: 10.1.0.0/24}]
            groups: [{name: open, rules: [ingress udp/1024-59999 from any, egress udp/1024-59999 to any]}]
            instances:
              - {name: a, interfaces: [{name: eth0, subnet: s, address: 10.1.0.10, device: gh-p0, groups: [open]}]}
              - {name: b, interfaces: [{name: eth0, subnet: s, address: 10.1.0.11, device: gh-p1, groups: [open]}]}
        collectors:
          - {name: all, target: vpc/v, bucket: "file:flowlogs"}
        """

    let host: BenchHost

    func run() throws {
        print("\nagent: one process that records, reports and delivers; window 60 s")
        try host.clearRules()
        try host.forgetSessions()
        let path = FileManager.default.temporaryDirectory.path + "/gatehouse-agent-bench"
        try? FileManager.default.removeItem(atPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = DataFolder(path)
        let supervisor = try AgentSupervisor(
            folder, program: AgentSupervisor.programPath(beside: CommandLine.arguments[0]), namespace: BenchHost.host)
        try supervisor.start()
        defer { try? supervisor.stop() }
        let client = AgentClient(folder)
        try client.waitUntilReady(seconds: 20)
        _ = try client.ask(
            .apply(policy: try PolicyFile.load(Self.policy, name: "bench.yaml"), origin: "bench", sessions: .cut))
        guard let process = supervisor.process else { throw BenchFailure("the agent did not start") }
        try measureSessions(AgentMeter(process.pid), client)
        try measureFlood(AgentMeter(process.pid), client)
    }

    private func measureSessions(_ meter: AgentMeter, _ client: AgentClient) throws {
        var storm = host.storm(
            packets: UInt64(Self.sessionsPerSecond * Self.seconds), tuples: 1024...59_999, ports: 1024...59_999)
        storm.rate = Self.sessionsPerSecond
        storm.seconds = Self.seconds * 1.5
        let span = try meter.span { try storm.send(from: BenchHost.sender) }
        print(
            "  \(figure(Double(span.sent) / span.seconds, 0)) new sessions a second for \(figure(span.seconds, 0)) s: "
                + "\(figure(span.processorSeconds / span.seconds)) of a processor, at most \(try meter.mostMegabytes) MB"
        )
        try tellBooks(client)
    }

    private func measureFlood(_ meter: AgentMeter, _ client: AgentClient) throws {
        let before = try meter.megabytes
        let earlier = try accounted(client)
        // Ports that no rule admits.
        var storm = host.storm(
            packets: UInt64(Self.floodPerSecond * Self.floodSeconds), tuples: 1...59_999, ports: 60_000...65_535)
        storm.rate = Self.floodPerSecond
        storm.seconds = Self.floodSeconds * 2
        let span = try meter.span { try storm.send(from: BenchHost.sender) }
        print(
            "  flood of \(figure(Double(span.sent) / span.seconds, 0)) refused packets a second for "
                + "\(figure(span.seconds, 0)) s: \(figure(span.processorSeconds / span.seconds)) of a processor, "
                + "\(before) MB before, \(try meter.megabytes) MB after")
        let counted = try accounted(client) - earlier
        print("  accounted for: \(counted) of \(span.sent) packets")
        try tellBooks(client)
    }

    /// Packets that left the sender, as far as they are accounted for.
    private func accounted(_ client: AgentClient) throws -> Int {
        let books = try books(client)
        return Int(
            books.lines.filter { $0.interface == "a/eth0" && $0.way == "out" }.reduce(0) {
                $0 + $1.recorded.packets + $1.open.packets
            })
    }

    private func tellBooks(_ client: AgentClient) throws {
        let books = try books(client)
        let lost = books.lines.reduce(0) { $0 + $1.lost.packets }
        print("  books: \(books.isBalanced ? "balanced" : "NOT BALANCED"), stated loss \(lost) packets")
    }

    private func books(_ client: AgentClient) throws -> BooksReport {
        guard case .books(let report) = try client.ask(.books(settleSeconds: 30)) else {
            throw BenchFailure("the agent is of another version")
        }
        return report
    }
}

/// Processor time and memory of a process, as the kernel accounts them.
struct AgentMeter {
    struct Span {
        let sent: Int
        let seconds: Double
        let processorSeconds: Double
    }

    private let process: Int32

    init(_ process: Int32) { self.process = process }

    func span(_ body: () throws -> Int) throws -> Span {
        let (before, began) = (try processorSeconds, SystemClock.monotonic)
        let sent = try body()
        return Span(
            sent: sent, seconds: Double(SystemClock.monotonic - began) / 1e9,
            processorSeconds: try processorSeconds - before)
    }

    /// User and system time, of children that ended too (`nft`).
    private var processorSeconds: Double {
        get throws {
            let text = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
            // The name in parentheses may hold anything; utime is the twelfth field behind it.
            let fields = text[(text.lastIndex(of: ")") ?? text.startIndex)...].split(separator: " ").dropFirst()
            let ticks = Array(fields)[11...14].compactMap { Double($0) }.reduce(0, +)
            return ticks / 100
        }
    }

    var megabytes: Int { get throws { try status("VmRSS") } }
    var mostMegabytes: Int { get throws { try status("VmHWM") } }

    private func status(_ key: String) throws -> Int {
        let text = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
        let line = text.split(separator: "\n").first { $0.hasPrefix(key) } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) / 1024
    }
}
