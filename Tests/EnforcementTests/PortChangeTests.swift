import Host
import Model
import Netlink
import TestSupport
import Testing

@testable import Enforcement

/// Ports that come, go and hang elsewhere: the table must become what it would be if it were drawn up whole.
@Suite(.serialized) struct PortChangeTests {
    /// Where an interface hangs: not at all, on a device of its own, or on a bridge.
    private enum Place: CaseIterable {
        case nowhere
        case awaited
        case own
        case bridgeA
        case bridgeB

        var bridge: String? {
            switch self {
            case .nowhere, .awaited, .own: nil
            case .bridgeA: "br-a"
            case .bridgeB: "br-b"
            }
        }
    }

    private static let count = 8

    private static func instance(_ number: Int, sharesMAC: Bool) -> Instance {
        let addresses = [IPAddress(ipv4: 0x0a01_0114 + UInt32(number)), IPAddress("fd00::\(20 + number)")]
        let mac = MACAddress(bits: 0x0200_0000_0000 + UInt64(sharesMAC ? 1 : number))
        let interface = Interface(
            id: Identifier(derivedFrom: "interface", "\(number)"), name: "eth0", subnet: "all",
            addresses: addresses.compactMap(\.self), mac: number % 3 == 0 ? nil : mac, device: "gh-\(number)",
            groups: [["web"], ["app"], ["web", "app"]][number % 3])
        return Instance(
            id: Identifier(derivedFrom: "instance", "\(number)"), name: "i\(number)", interfaces: [interface])
    }

    /// Eight interfaces of which each hangs somewhere; `unnamed` are not in the policy at all.
    private static func plan(
        _ places: [Place], unnamed: Set<Int> = [], renamed: Set<Int> = [], sharesMAC: Bool = false,
        _ indexes: inout RuleIndexes
    ) throws -> HostPlan {
        var policy = try SamplePolicy.policy(groupsOfApp: ["app"])
        policy.vpcs[0].instances = (0..<count).filter { !unnamed.contains($0) }.map {
            instance($0, sharesMAC: sharesMAC)
        }
        var devices: [Identifier<Interface>: String] = [:]
        var awaited: Set<Identifier<Interface>> = []
        var attached: [Identifier<Interface>: String] = [:]
        for (number, place) in places.enumerated() where place != .nowhere && !unnamed.contains(number) {
            let interface = Identifier<Interface>(derivedFrom: "interface", "\(number)")
            devices[interface] = renamed.contains(number) ? "new-\(number)" : "gh-\(number)"
            if place == .awaited { awaited.insert(interface) }
            attached[interface] = place.bridge
        }
        let bridges = ["br-a", "br-b"].map { bridge in
            HostPlan.Bridge(
                name: bridge,
                members: attached.filter { $0.value == bridge }.compactMap { devices[$0.key] }.sorted() + ["x"],
                refusesUnknown: bridge == "br-b", uplinks: ["x"])
        }
        return try HostPlan(
            policy, devices: devices, awaited: awaited,
            bridges: places.contains { $0.bridge != nil } ? .init(attached: attached, bridges: bridges) : nil,
            indexes: &indexes)
    }

    /// Chains and numbers of profiles that no port has any more stay until they are tidied.
    private static func expectSame(_ made: Ruleset, _ drawn: Ruleset, _ words: String) {
        for (set, elements) in drawn.sets {
            guard let present = made.sets[set] else {
                Issue.record("\(words): no set \(set.text)")
                continue
            }
            let same = set.lingers ? elements.allSatisfy { present[$0.key] == $0.value } : present == elements
            #expect(same, "\(words): \(set.text)")
        }
        for (name, chain) in drawn.chains where made.chains[name] != chain {
            Issue.record("\(words): chain \(name)")
        }
    }

    @Test func `an edit makes of one table the other`() throws {
        var random = SplitMix64(seed: 7)
        var indexes = RuleIndexes()
        var edits = 0
        var places = (0..<Self.count).map { _ in Place.allCases.randomElement(using: &random) ?? .own }
        var unnamed: Set<Int> = []
        var renamed: Set<Int> = []
        var plan = try Self.plan(places, &indexes)
        var table = RulesetRenderer.render(plan, epoch: 0, generation: 3)
        for round in 0..<400 {
            for _ in 0..<Int.random(in: 1...2, using: &random) {
                let number = Int.random(in: 0..<Self.count, using: &random)
                places[number] = Place.allCases.randomElement(using: &random) ?? .own
                if Int.random(in: 0..<4, using: &random) == 0 { unnamed.formSymmetricDifference([number]) }
                if Int.random(in: 0..<4, using: &random) == 0 { renamed.formSymmetricDifference([number]) }
            }
            let next = try Self.plan(
                places, unnamed: unnamed, renamed: renamed, sharesMAC: round % 10 == 0, &indexes)
            let drawn = RulesetRenderer.render(next, epoch: 0, generation: 3)
            if let change = PortChange(from: plan, to: next), let edit = PortEdit(change, in: table, epoch: 0) {
                edits += 1
                edit.make(in: &table)
                Self.expectSame(table, drawn, "round \(round)")
            } else {
                table = drawn
            }
            plan = next
        }
        #expect(edits > 50)
    }

    @Test func `an address that another port has as well is no edit`() throws {
        var indexes = RuleIndexes()
        let before = try Self.plan(
            [.own, .bridgeA, .bridgeA, .own, .bridgeA, .nowhere, .own, .own], sharesMAC: true, &indexes)
        let after = try Self.plan(
            [.own, .bridgeA, .bridgeA, .own, .nowhere, .nowhere, .own, .own], sharesMAC: true, &indexes)
        if PortChange(from: before, to: after) != nil { Issue.record("two ports ask for one element") }
    }

    /// On the real kernel, which is read back.
    @Test(.kernel) func `what is made element by element is in the kernel`() throws {
        let host = try TestHost("pc")
        defer { host.remove() }
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        let enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        var indexes = RuleIndexes()
        var places: [Place] = [.bridgeA, .bridgeA, .bridgeB, .own, .own, .bridgeA, .awaited, .bridgeB]
        _ = try enforcer.load(try Self.plan(places, &indexes))
        // One that moves is admitted here and refused there at once, which takes more than elements.
        for (number, place, method) in [
            (0, Place.nowhere, Enforcer.Method.elements), (0, .bridgeA, .elements), (5, .bridgeB, .switched),
            (3, .bridgeA, .switched), (3, .own, .switched), (6, .own, .elements), (4, .nowhere, .elements),
        ] {
            places[number] = place
            #expect(try enforcer.apply(try Self.plan(places, &indexes)) == method, "\(number) \(place)")
            try enforcer.tidy()
            // Somebody's change of something else, so that the whole table is read again.
            try TestHost.run("nft", "add", "table", "ip", "other\(number)\(place)", in: host.name)
            #expect(try enforcer.drift() == .same, "\(number) \(place)")
        }
        _ = try enforcer.rotate()
        let second = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: enforcer.epoch)
        #expect(try second.load(try Self.plan(places, &indexes)) == .amended)
    }
}
