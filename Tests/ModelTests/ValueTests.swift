import Testing

@testable import Model

@Suite struct ValueTests {
    @Test func `an identifier survives its text`() {
        let id = Identifier<Rule>(derivedFrom: "rule", "shop", "web")
        #expect(Identifier<Rule>(id.description) == id)
        #expect(id.description.split(separator: "-").map(\.count) == [8, 4, 4, 4, 12])
        #expect(id != Identifier<Rule>(derivedFrom: "rule", "shopw", "eb"))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (951_782_399, "2000-02-28T23:59:59.000000Z"),
        (951_782_400, "2000-02-29T00:00:00.000000Z"), (1_795_219_200, "2026-11-21T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.000000Z"),
    ])
    func `instants print as RFC 3339`(seconds: Int64, text: String) {
        #expect(Timestamp(seconds: seconds).description == text)
    }

    @Test func `an instant that no clock of ours can hold is the last or the first`() {
        for far in [Timestamp(seconds: .max), Timestamp(hours: .max), Timestamp(secondsSince1970: .infinity)] {
            #expect(far == Timestamp(nanoseconds: .max) && far.description.hasPrefix("2262-04-11"))
            #expect(far.advanced(by: .seconds(1)) == far)
        }
        for far in [Timestamp(seconds: .min), Timestamp(hours: .min), Timestamp(secondsSince1970: -1e300)] {
            #expect(far == Timestamp(nanoseconds: .min) && far.description.hasPrefix("1677-09-21"))
            #expect(far.advanced(by: .seconds(-1)) == far)
        }
        #expect(Timestamp(secondsSince1970: .nan).nanoseconds == 0)
        #expect(Timestamp(secondsSince1970: 1.5).nanoseconds == 1_500_000_000)
        #expect(Timestamp(seconds: -1).advanced(by: .seconds(3)) == Timestamp(seconds: 2))
    }

    @Test func `windows are aligned to their length`() {
        let instant = Timestamp(nanoseconds: 1_795_219_259_999_999_999)
        #expect(instant.aligned(to: .seconds(60)) == Timestamp(seconds: 1_795_219_200))
    }

    @Test func `a rule keeps its id until it leaves, then never gets it back`() {
        let revision1 = Revision.none.next(policy: policy(rules: 2), actor: "ada", origin: "a", at: .init(seconds: 1))
        let revision2 = revision1.next(policy: policy(rules: 1), actor: "bob", origin: "b", at: .init(seconds: 2))
        let revision3 = revision2.next(policy: policy(rules: 2), actor: "cyd", origin: "c", at: .init(seconds: 3))
        let ids = [revision1, revision2, revision3].map { $0.policy.vpcs[0].groups[0].rules.map(\.id) }
        #expect(ids[0][0] == ids[1][0])
        #expect(ids[0][0] == ids[2][0])
        #expect(ids[0][1] != ids[2][1])
        #expect(revision3.ruleOrigins[ids[2][0].description] == 1)
        #expect(revision3.ruleOrigins[ids[2][1].description] == 3)
    }

    private func policy(rules count: Int) -> Policy {
        let rules = (0..<count).map {
            Rule(
                id: Identifier(derivedFrom: "unset"), direction: .ingress,
                service: .transport(.tcp, PortRange(UInt16($0), UInt16($0))), remote: .any)
        }
        let group = SecurityGroup(id: Identifier(derivedFrom: "group"), name: "web", rules: rules)
        let vpc = VPC(
            id: Identifier(derivedFrom: "vpc"), name: "shop", prefixes: [], subnets: [], groups: [group], instances: [])
        return Policy(project: "shop", vpcs: [vpc])
    }
}
