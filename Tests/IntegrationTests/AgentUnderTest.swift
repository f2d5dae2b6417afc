import Foundation
import Host
import Link
import Model
import PolicyFiles
import Records
import Rehearsal
import Spools
import TestSupport
import Testing

/// A host in namespaces with a real agent on it, and guests that can talk.
final class AgentUnderTest {
    let host: TestHost
    let folder: DataFolder
    let supervisor: AgentSupervisor
    private(set) var guests: [String: Guest] = [:]
    /// Where the data folder lies, if that is small.
    let disk: SmallDisk?

    init(_ label: String, window: Int = 600, arguments: [String] = [], diskMegabytes: Int? = nil) throws {
        host = try TestHost(label)
        folder = DataFolder(FileManager.default.temporaryDirectory.path + "/gatehouse-\(host.name)")
        try? FileManager.default.removeItem(atPath: folder.path)
        disk = try diskMegabytes.map { [folder] in try SmallDisk(at: folder.path, megabytes: $0) }
        supervisor = try AgentSupervisor(
            folder, program: Self.program("gatehouse-agent"), arguments: ["--window", "\(window)"] + arguments,
            namespace: host.name)
    }

    /// Beside the test bundle, where the build puts executables.
    static func program(_ name: String) -> String {
        let bundle =
            Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath ?? CommandLine.arguments[0]
        return bundle.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
            + "/\(name)"
    }

    func addGuest(_ name: String, addresses: [String], gateway: String = "10.1.0.1") throws {
        let space = try host.addGuest(name, device: "gh-\(name)", addresses: addresses)
        try TestHost.run("ip", "-n", space, "route", "replace", "default", "via", gateway, "dev", "eth0", "onlink")
        guests[name] = Guest(namespace: space)
    }

    /// Takes a guest whose namespace is there already.
    func adopt(_ guest: Guest, as name: String) { guests[name] = guest }

    func guest(_ name: String) throws -> Guest { try #require(guests[name]) }

    func start() throws {
        try supervisor.start()
        try AgentClient(folder).waitUntilReady(seconds: 240)
    }

    func remove() {
        try? supervisor.stop()
        host.remove()
        disk?.remove()
        try? FileManager.default.removeItem(atPath: folder.path)
    }

    @discardableResult
    func ask(_ request: ControlRequest) throws -> ControlResponse { try AgentClient(folder).ask(request) }

    @discardableResult
    func apply(_ yaml: String, sessions: SessionFate = .cut, interval: Int? = nil) throws -> Receipt {
        var policy = try PolicyFile.load(yaml, name: "test.yaml")
        if let interval {
            // Users have at least a minute.
            let collectors = policy.collectors.map {
                Collector(
                    id: $0.id, name: $0.name, target: $0.target, bucket: $0.bucket, isActive: $0.isActive,
                    format: $0.format, interval: interval)
            }
            policy = Policy(project: policy.project, vpcs: policy.vpcs, collectors: collectors)
        }
        guard case .receipt(let receipt) = try ask(.apply(policy: policy, origin: "test.yaml", sessions: sessions))
        else {
            throw Unexpected()
        }
        return receipt
    }

    func policy(_ yaml: String) throws -> Policy { try PolicyFile.load(yaml, name: "test.yaml") }

    func books(settle seconds: Int = 0) throws -> BooksReport {
        guard case .books(let report) = try ask(.books(settleSeconds: seconds)) else { throw Unexpected() }
        return report
    }

    func status() throws -> AgentStatus {
        guard case .status(let status) = try ask(.status) else { throw Unexpected() }
        return status
    }

    /// Every record that is committed.
    func records() throws -> [FlowRecord] {
        var found: [FlowRecord] = []
        try SpoolReader(folder: folder.spool).forEach { if case .record(let record) = $0 { found.append(record) } }
        return found
    }

    func events() throws -> [EventEntry] {
        try (DurableFile.read(folder.eventsJSON) ?? []).split(separator: UInt8(ascii: "\n")).compactMap {
            if case .event(let entry) = try EventLogLine(reading: $0) { entry } else { nil }
        }
    }

    struct Unexpected: Error {}
}

func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }
