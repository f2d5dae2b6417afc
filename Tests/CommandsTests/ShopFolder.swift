import Foundation
import Host
import Link
import Model
import Policy
import PolicyFiles
import Records
import Spools
import Testing

/// A data folder as an agent leaves it: two revisions, a log with three events and a summary, three flow records.
final class ShopFolder {
    static let yaml = """
        project: demo
        vpcs:
          - name: shop
            cidrs: [10.1.0.0/16]
            subnets: [{name: front, cidr: 10.1.1.0/24}, {name: back, cidr: 10.1.3.0/24}]
            groups:
              - {name: web, rules: [ingress tcp/443 from any, egress tcp/8080 to any]}
              - {name: db, rules: [ingress tcp/5432 from 10.1.2.0/24]}
            instances:
              - {name: web-1, interfaces: [{name: eth0, subnet: front, address: 10.1.1.10, device: gh-web1, groups: [web]}]}
              - {name: db-1, interfaces: [{name: eth0, subnet: back, address: 10.1.3.10, device: gh-db1, groups: [db]}]}
        collectors: [{name: all, target: vpc/shop, bucket: "file:flowlogs"}]
        """
    /// What the second revision says instead.
    static let wider = yaml.replacingOccurrences(
        of: "egress tcp/8080 to any", with: "egress tcp/8080 to any, egress tcp/5432 to group:db")

    /// 2026-11-03T09:55:00Z.
    static let start = Timestamp(seconds: 1_793_699_700)

    let folder: DataFolder
    let first: Revision
    let second: Revision
    let catalogue: Catalogue

    init() throws {
        let path = FileManager.default.temporaryDirectory.path + "/gatehouse-\(UUID().uuidString.prefix(8))"
        folder = DataFolder(path)
        try DurableFile.makeFolder(path)
        first = Revision.none.next(
            policy: try PolicyFile.load(Self.yaml, name: "shop.yaml"), actor: "ada", origin: "shop.yaml", at: Self.start
        )
        second = first.next(
            policy: try PolicyFile.load(Self.wider, name: "shop.yaml"), actor: "bob", origin: "wider.yaml",
            at: Self.start.advanced(by: .seconds(600)))
        let store = RevisionStore(folder)
        try store.save(first)
        try store.save(second)
        catalogue = try store.catalogue { path, error in preconditionFailure("\(path): \(error)") }
        try writeSpool()
        try write(eventLines(), to: folder.eventsJSON)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder.path) }

    func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    func append(_ bytes: [UInt8], to path: String) throws {
        try DurableFile.openForAppending(path).writeAll(bytes)
    }

    /// Puts a file into the folder and gives its path.
    func file(_ name: String, _ text: String) throws -> String {
        let path = "\(folder.path)/\(name)"
        try write(Array(text.utf8), to: path)
        return path
    }

    var web: Placement { first.policy.placements[0] }
    var database: Placement { first.policy.placements[1] }

    func rule(_ text: String) throws -> Rule {
        try #require(second.policy.vpcs[0].groups.flatMap(\.rules).first { $0.text == text })
    }

    func key(_ port: UInt16, to target: String = "10.1.1.10", from: String = "198.51.100.7") throws -> FlowKey {
        FlowKey(
            initiator: try #require(IPAddress(from)), target: try #require(IPAddress(target)), transport: .tcp,
            initiatorPort: 40_000, targetPort: port)
    }

    func event(_ sequence: UInt64, seconds: Int64, verdict: Verdict = .accept) throws -> SessionEvent {
        let group = second.policy.vpcs[0].groups[1]
        let isAccepted = verdict == .accept
        return SessionEvent(
            sequence: sequence, time: Self.start.advanced(by: .seconds(seconds)), verdict: verdict, stage: .group,
            rule: isAccepted ? try rule("ingress tcp/443 from any").id : group.defaultRefusal(.ingress),
            revision: 2, interface: isAccepted ? web.interface : database.interface, direction: .ingress,
            key: try isAccepted ? key(443) : key(5432, to: "10.1.3.10"), packet: [])
    }

    func line(_ event: SessionEvent) -> [UInt8] {
        var json = EventJSON(host: "gate", catalogue: catalogue)
        var line = ByteLine()
        json.append(event, to: &line)
        return line.bytes
    }

    func eventLines() throws -> [UInt8] {
        var summary = ByteLine()
        EventSummary(
            host: "gate", lost: 2, suppressed: 5, from: Self.start.advanced(by: .seconds(700)),
            to: Self.start.advanced(by: .seconds(701))
        ).append(to: &summary)
        return line(try event(1, seconds: 610)) + line(try event(2, seconds: 620, verdict: .drop)) + summary.bytes
            + line(try event(3, seconds: 710))
    }

    private func writeSpool() throws {
        let spool = try Spool(folder: folder.spool)
        spool.append(try record(seconds: 600, verdict: .accept))
        spool.append(try record(seconds: 600, verdict: .drop))
        spool.append(try record(seconds: 660, verdict: .accept))
        var position = Spool.Position()
        position.closed = Self.start.advanced(by: .seconds(720)).nanoseconds
        try spool.commit(position)
    }

    func record(seconds: Int64, verdict: Verdict) throws -> FlowRecord {
        let begin = Self.start.advanced(by: .seconds(seconds))
        let event = try event(1, seconds: seconds, verdict: verdict)
        let isAccepted = verdict == .accept
        let sent = isAccepted ? Traffic(packets: 14, bytes: 2210) : Traffic(packets: 3, bytes: 180)
        let answered = isAccepted ? Traffic(packets: 19, bytes: 1_883_200) : .zero
        return FlowRecord(
            windowStart: begin, windowEnd: begin.advanced(by: .seconds(60)), start: begin.advanced(by: .seconds(10)),
            end: begin.advanced(by: .seconds(20)), connectionStart: begin.advanced(by: .seconds(10)),
            connection: isAccepted ? 7 : 0, interface: event.interface, direction: .ingress, verdict: verdict,
            stage: .group, rule: event.rule, revision: 2, key: event.key, state: isAccepted ? .new : .refused,
            fromInitiator: sent, fromTarget: answered, cumulativeFromInitiator: sent, cumulativeFromTarget: answered)
    }

    /// The program that was built beside the tests.
    static var program: String {
        let bundle =
            Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath ?? CommandLine.arguments[0]
        let folder = bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return "\(folder)/gatehouse"
    }

    /// Runs the program as a user would, in UTC and without a terminal.
    func gatehouse(_ words: String...) throws -> ChildProcess.Output { try run(words) }

    /// Starts the program and lets it run.
    func start(_ words: String...) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = words
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    func run(_ words: [String]) throws -> ChildProcess.Output {
        try ChildProcess.run("env", ["TZ=UTC", "GATEHOUSE_DATA=\(folder.path)", Self.program] + words)
    }
}
