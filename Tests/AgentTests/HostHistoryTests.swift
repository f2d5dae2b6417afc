import Delivery
import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Agent

@Suite struct HostHistoryTests {
    private let interface = Identifier<Interface>(derivedFrom: "interface")
    private let other = Identifier<Interface>(derivedFrom: "other")

    private func revision(_ number: Int) -> Revision {
        let ports = [("eth0", interface), ("eth1", other)].map {
            Interface(id: $0.1, name: $0.0, subnet: "s", addresses: [], mac: nil, device: "gh-\($0.0)", groups: [])
        }
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [],
            subnets: [Subnet(id: Identifier(derivedFrom: "subnet"), name: "s", prefixes: [])], groups: [],
            instances: [Instance(id: Identifier(derivedFrom: "instance"), name: "i", interfaces: ports)])
        let collector = Collector(
            id: Identifier(derivedFrom: "collector"), name: "c", target: .vpc("v"), bucket: "file:\(number)")
        return Revision(
            number: number, madeAt: Timestamp(seconds: 0), actor: "ada", origin: "",
            policy: Policy(project: "p", vpcs: [vpc], collectors: [collector]), ruleOrigins: [:])
    }

    @Test func `an instant has the revision and the interfaces that it had`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            for number in 1...2 { try RevisionStore(folder).save(revision(number)) }
            var bindings = try BindingHistory(folder)
            try bindings.note([interface], at: 10)
            try bindings.note([interface, other], at: 20)
            try bindings.note([other], at: 30)
            let history = HostHistory(
                folder, revisions: [5: 1, 25: 2], bindings: try BindingHistory(folder), present: revision(2))
            func answer(_ instant: Int64) throws -> [Identifier<Interface>: String] {
                try history.ownership(at: Timestamp(nanoseconds: instant)).owners.mapValues(\.collector.bucket)
            }
            #expect(try answer(4) == [:])
            #expect(try answer(5) == [interface: "file:1"])
            #expect(try answer(24) == [interface: "file:1", other: "file:1"])
            #expect(try answer(25) == [interface: "file:2", other: "file:2"])
            #expect(try answer(31) == [other: "file:2"])
        }
    }

    @Test func `a journal that a crash cut off goes on`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            var bindings = try BindingHistory(folder)
            try bindings.note([interface], at: 10)
            try DurableFile.openForAppending(folder.bindings).writeAll(Array("{\"at\":".utf8))
            var restarted = try BindingHistory(folder)
            #expect(restarted.present == [interface])
            try restarted.note([], at: 20)
            #expect(try BindingHistory(folder).states.map(\.interfaces) == [[interface], []])
        }
    }

    @Test func `what no bucket can ask for any more is forgotten`() async throws {
        try await withScratchFolder { path in
            let folder = DataFolder(path)
            var bindings = try BindingHistory(folder)
            let hour: Int64 = 3600 * 1_000_000_000
            for index in 0...1001 { try bindings.note(index % 2 == 0 ? [interface] : [], at: Int64(index) * hour) }
            #expect(bindings.states.count < 1001)
            let reread = try BindingHistory(folder)
            #expect(reread.states.map(\.since) == bindings.states.map(\.since))
            #expect(reread.index(at: 980 * hour).map { reread.states[$0].since } == 980 * hour)
        }
    }
}
