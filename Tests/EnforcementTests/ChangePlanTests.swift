import Attribution
import Model
import Netlink
import Testing

@testable import Enforcement

/// Each kind of change with its plan.
@Suite struct ChangePlanTests {
    private static let members = SetName.members(group: "web", .ipv4, epoch: 0)
    private static let profiles = SetName.profiles(.egress, epoch: 0)
    private static let chains = SetName.profileChains(.egress, epoch: 0)

    private static func address(_ last: UInt32) -> Ruleset.Element { .address(IPAddress(ipv4: 0x0a00_0000 + last)) }

    /// A table with one set of members, a chain of a group, and one device with a profile.
    private func table(
        members: [UInt32] = [1], rules: [Ruleset.Rule] = [[.transport(.tcp), .accept]], profile: String = "one",
        profiles: [String: [Ruleset.Rule]] = ["one": [[.jump("group_a")], [.goto("refuse")]]]
    ) -> Ruleset {
        var ruleset = Ruleset()
        ruleset.sets[Self.members] = Dictionary(uniqueKeysWithValues: members.map { (Self.address($0), .nothing) })
        ruleset.chains["group_a"] = .init(rules)
        ruleset.chains["group_b"] = .init([[.accept]])
        ruleset.chains["refuse"] = .init([[.drop]])
        var numbers: [Ruleset.Element: Ruleset.Target] = [:]
        for (place, name) in profiles.keys.sorted().enumerated() {
            ruleset.chains[name] = .init(profiles[name] ?? [])
            let number = Ruleset.Element.priority(UInt32(0x4000_0000 + place))
            numbers[number] = .chain(name)
            if name == profile { ruleset.sets[Self.profiles] = [.device("gh-a"): .number(number)] }
        }
        ruleset.sets[Self.chains] = numbers
        return ruleset
    }

    private static let one: [Ruleset.Rule] = [[.jump("group_a")], [.goto("refuse")]]
    private static let two: [Ruleset.Rule] = [[.jump("group_a")], [.jump("group_b")], [.goto("refuse")]]
    private static let other: [Ruleset.Rule] = [[.jump("group_b")], [.goto("refuse")]]

    @Test func `the same ruleset is no change`() {
        #expect(ChangePlan(from: table(), to: table()) == .none)
    }

    @Test func `a further member is one element`() {
        #expect(
            ChangePlan(from: table(), to: table(members: [1, 2]))
                == .elements([.add(set: "members_4_web_0", key: [10, 0, 0, 2])], chains: []))
    }

    @Test func `a member less is one element`() {
        #expect(
            ChangePlan(from: table(members: [1, 2]), to: table())
                == .elements([.remove(set: "members_4_web_0", key: [10, 0, 0, 2])], chains: []))
    }

    @Test func `a member that takes another's place needs the next epoch`() {
        #expect(ChangePlan(from: table(), to: table(members: [2])) == .nextEpoch)
    }

    @Test func `other rules alone are one script`() {
        guard case .script(let script) = ChangePlan(from: table(), to: table(rules: [[.transport(.udp), .accept]]))
        else {
            Issue.record("not a script")
            return
        }
        #expect(
            script == """
                add table inet gatehouse
                flush chain inet gatehouse group_a
                add rule inet gatehouse group_a meta l4proto 17 accept

                """)
    }

    @Test func `rules that change with a member need the next epoch`() {
        #expect(ChangePlan(from: table(), to: table(members: [1, 2], rules: [[.accept]])) == .nextEpoch)
    }

    @Test func `more members than go over netlink are one script`() {
        guard case .script(let script) = ChangePlan(from: table(), to: table(members: Array(1...202))) else {
            Issue.record("not a script")
            return
        }
        #expect(script.contains("add element inet gatehouse members_4_web_0 { 10.0.0.10, 10.0.0.100, "))
        let few = ChangePlan(from: table(), to: table(members: Array(1...201)))
        if case .elements = few {} else { Issue.record("200 elements do not go over netlink") }
    }

    @Test func `a device that is led to further groups is elements after a chain`() {
        let plan = ChangePlan(
            from: table(), to: table(profile: "two", profiles: ["one": Self.one, "two": Self.two]))
        guard case .elements(let steps, let chains) = plan else {
            Issue.record("made by \(plan)")
            return
        }
        #expect(
            chains == [
                .addChain("two"), .addJumpRule(chain: "two", to: "group_a"), .addJumpRule(chain: "two", to: "group_b"),
                .addGotoRule(chain: "two", to: "refuse"),
            ])
        #expect(steps.count == 3)
    }

    @Test func `a device that is led to fewer groups is elements`() {
        let profiles = ["one": Self.one, "two": Self.two]
        let plan = ChangePlan(
            from: table(profile: "two", profiles: profiles), to: table(profile: "one", profiles: profiles))
        if case .elements(let steps, []) = plan { #expect(steps.count == 2) } else { Issue.record("\(plan)") }
    }

    @Test func `a device that is led to other groups needs the next epoch`() {
        let profiles = ["one": Self.one, "other": Self.other]
        #expect(
            ChangePlan(from: table(profiles: profiles), to: table(profile: "other", profiles: profiles)) == .nextEpoch)
    }

    @Test func `a number without an element goes later`() {
        let before = table(profiles: ["one": Self.one, "two": Self.two])
        if case .elements(let steps, []) = ChangePlan(from: before, to: table()) {
            #expect(steps.isEmpty)
        } else {
            Issue.record("not by elements")
        }
    }

    @Test func `a new chain with rules of its own is a script`() {
        var next = table()
        next.chains["new"] = .init([[.transport(.tcp), .drop]])
        if case .script(let script) = ChangePlan(from: table(), to: next) {
            #expect(script.contains("add chain inet gatehouse new\n"))
        } else {
            Issue.record("not a script")
        }
    }

    @Test func `a new base chain is a script`() {
        var next = table()
        next.add(.edge, [])
        if case .script(let script) = ChangePlan(from: table(), to: next) {
            #expect(script.contains("edge { type filter hook prerouting priority raw + 5; policy accept; }"))
        } else {
            Issue.record("not a script")
        }
    }

    @Test func `an element never leads to a chain of its own transaction`() {
        var before = table()
        before.sets[.edgesLeft(epoch: 0)] = [:]
        var next = before
        next.sets[.edgesLeft(epoch: 0)] = [.device("gh-a"): .chain("edge_s")]
        next.chains["edge_s"] = .init([[.transport(.tcp), .return]])
        #expect(ChangePlan(from: before, to: next) == .nextEpoch)
    }

    /// Stateless lists stand in packets' way: one more admits less.
    @Test func `a restricting element beside a member is a change in both senses`() {
        func table(_ members: [UInt32], isListed: Bool) -> Ruleset {
            var ruleset = self.table(members: members)
            ruleset.chains["list"] = .init([[.accept]])
            ruleset.sets[.statelessSenders(epoch: 0)] = isListed ? [.device("gh-a"): .chain("list")] : [:]
            return ruleset
        }
        #expect(ChangePlan(from: table([1], isListed: false), to: table([1, 2], isListed: true)) == .nextEpoch)
        let strict = ChangePlan(from: table([1, 2], isListed: false), to: table([1], isListed: true))
        if case .elements(let steps, []) = strict { #expect(steps.count == 2) } else { Issue.record("\(strict)") }
    }

    @Test func `sets that decide nothing may change with rules`() {
        var before = table()
        before.sets[.ports] = [:]
        var next = table(rules: [[.accept]])
        next.sets[.ports] = [.device("gh-b"): .nothing]
        if case .script = ChangePlan(from: before, to: next) {} else { Issue.record("not a script") }
    }
}
