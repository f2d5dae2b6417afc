import Model
import Testing

@testable import Agent

@Suite struct LogSelectionTests {
    private static let web = Identifier<SecurityGroup>(derivedFrom: "group", "web")
    private static let app = Identifier<SecurityGroup>(derivedFrom: "group", "app")
    private static let webRule = Identifier<Rule>(derivedFrom: "rule", "web")
    private static let appRule = Identifier<Rule>(derivedFrom: "rule", "app")
    /// Carries both groups.
    private static let first = Identifier<Interface>(derivedFrom: "interface", "first")
    /// Carries `app` alone.
    private static let second = Identifier<Interface>(derivedFrom: "interface", "second")
    /// Another project's, with `app` too.
    private static let foreign = Identifier<Interface>(derivedFrom: "interface", "foreign")

    private static func revision(_ logs: [LogResource]?) -> Revision {
        func group(_ name: String, _ id: Identifier<SecurityGroup>, _ rule: Identifier<Rule>) -> SecurityGroup {
            SecurityGroup(
                id: id, name: name, rules: [Rule(id: rule, direction: .ingress, service: .any, remote: .any)])
        }
        func interface(_ id: Identifier<Interface>, _ project: String, _ groups: [String]) -> Interface {
            Interface(
                id: id, name: "eth0", subnet: "s", addresses: [], mac: nil, device: id.short, project: project,
                groups: groups)
        }
        let interfaces = [
            interface(first, "p", ["web", "app"]), interface(second, "p", ["app"]), interface(foreign, "q", ["app"]),
        ]
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "v", prefixes: [], subnets: [],
            groups: [group("web", web, webRule), group("app", app, appRule)],
            instances: [Instance(id: Identifier(derivedFrom: "instance"), name: "i", interfaces: interfaces)])
        return Revision(
            number: 1, madeAt: Timestamp(seconds: 0), actor: "ada", origin: "",
            policy: Policy(project: "", vpcs: [vpc], logs: logs),
            ruleOrigins: [:])
    }

    private static func event(
        _ interface: Identifier<Interface>, _ verdict: Verdict, _ rule: Identifier<Rule>
    ) -> SessionEvent {
        SessionEvent(
            sequence: 1, time: Timestamp(seconds: 100), verdict: verdict, stage: .group, rule: rule, revision: 1,
            interface: interface, direction: .ingress,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 1,
                targetPort: 2),
            packet: [])
    }

    private static func log(
        _ id: String, _ event: LogResource.Event = .all, group: Identifier<SecurityGroup>? = nil,
        interface: Identifier<Interface>? = nil
    ) -> LogResource {
        LogResource(id: id, project: "p", event: event, group: group, interface: interface)
    }

    private func covering(
        _ interface: Identifier<Interface>, _ verdict: Verdict, _ rule: Identifier<Rule>
    ) -> [String] {
        var selection = LogSelection(NetworkLogSettings())
        selection.adopt(
            Self.revision([
                Self.log("all"), Self.log("accepts", .accept), Self.log("drops", .drop),
                Self.log("web", group: Self.web),
                Self.log("second", interface: Self.second),
                Self.log("app-second", group: Self.app, interface: Self.second),
                Self.log("web-second", group: Self.web, interface: Self.second),
            ]))
        return selection.covering(Self.event(interface, verdict, rule)).map(\.id)
    }

    @Test func `a log covers what its group, interface and event say, of its own project`() {
        let refusal = Identifier<Rule>(derivedFrom: "refusal")
        #expect(covering(Self.first, .accept, Self.webRule) == ["accepts", "all", "web"])
        // Accepted by the other group's rule.
        #expect(covering(Self.first, .accept, Self.appRule) == ["accepts", "all"])
        // A drop is every group's that the interface carries.
        #expect(covering(Self.first, .drop, refusal) == ["all", "drops", "web"])
        #expect(covering(Self.second, .accept, Self.appRule) == ["accepts", "all", "app-second", "second"])
        #expect(covering(Self.second, .drop, refusal) == ["all", "app-second", "drops", "second"])
        #expect(covering(Self.foreign, .drop, refusal) == [])
    }

    @Test func `each log has its rate for itself, and no total is lost`() {
        var settings = NetworkLogSettings()
        settings.rateLimit = 100
        settings.burstLimit = 25
        var selection = LogSelection(settings)
        let (loud, quiet) = (Self.log("loud"), Self.log("quiet"))
        selection.adopt(Self.revision([loud, quiet]))
        var written = 0
        // A thousand in one second to one log: the burst, and a hundred more.
        for number in 0..<1000 {
            written += selection.admitting([loud], at: 1_000_000_000 + Int64(number) * 1_000_000).count
        }
        #expect((120...126).contains(written))
        #expect(selection.admitting([loud, quiet], at: 2_000_000_000).contains("quiet"))
        let held = selection.takeSuppressed()
        let loudHeld = held.filter { $0.log == loud }.map(\.count).reduce(0, +)
        #expect(written + Int(loudHeld) >= 1000)
        #expect(written + Int(loudHeld) <= 1001)
        #expect(held.allSatisfy { $0.log != quiet })
        #expect(selection.takeSuppressed().isEmpty)
    }

    @Test func `zero is unlimited, and without a control plane everything is written`() {
        var settings = NetworkLogSettings()
        settings.rateLimit = 0
        var selection = LogSelection(settings)
        #expect(!selection.isGoverned)
        selection.adopt(Self.revision(nil))
        #expect(!selection.isGoverned)
        selection.adopt(Self.revision([]))
        #expect(selection.isGoverned)
        let log = Self.log("l")
        for _ in 0..<10_000 { #expect(selection.admitting([log], at: 5) == ["l"]) }
        #expect(selection.takeSuppressed().isEmpty)
    }
}
