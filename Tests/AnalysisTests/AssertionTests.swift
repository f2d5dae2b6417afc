import Model
import PolicyFiles
import Testing

@testable import Analysis

@Suite struct AssertionTests {
    private func breaches(_ assertions: String, database: String = "ingress tcp/5432 from group:app") throws
        -> [AssertionCheck.Breach]
    {
        AssertionCheck.breaches(
            try PolicyFile.load(
                """
                project: p
                assertions: [\(assertions)]
                vpcs:
                  - name: v
                    cidrs: [10.0.0.0/16]
                    subnets: [{name: s, cidr: 10.0.1.0/24}]
                    groups:
                      - {name: web, rules: [ingress tcp/443 from any, egress tcp/8080 to group:app]}
                      - {name: app, rules: [ingress tcp/8080 from group:web, egress any to group:db]}
                      - {name: db, rules: [\(database)]}
                    instances:
                      - {name: web-1, interfaces: [{name: e, subnet: s, address: 10.0.1.10, groups: [web]}]}
                      - {name: app-1, interfaces: [{name: e, subnet: s, address: 10.0.1.11, groups: [app]}]}
                      - {name: db-1, interfaces: [{name: e, subnet: s, address: 10.0.1.12, groups: [db]}]}
                """, name: "p.yaml"))
    }

    @Test(arguments: [
        "only group:app reaches group:db on tcp/5432", "outside never reaches db-1",
        "group:web reaches app-1/e on tcp/8080",
        "web-1 never reaches db-1", "any never reaches any on udp/53",
    ])
    func `what holds is no breach`(assertion: String) throws {
        #expect(try breaches(assertion).isEmpty)
    }

    @Test func `a breach tells the packets`() throws {
        let broken = try breaches(
            "only group:app reaches group:db on tcp/5432", database: "ingress tcp/5432-5433 from any")
        let told = broken.flatMap(\.boxes).map {
            "\($0.from) \($0.to) \($0.space.rectangle?.second ?? 0...0) \($0.word)"
        }
        #expect(told == ["app-1/e db-1/e 5433...5433 accept", "0.0.0.0/0 db-1/e 5432...5433 accept"])
    }

    @Test func `what should pass and does not is a breach`() throws {
        let broken = try breaches("group:web reaches db-1 on tcp/5432, group:app reaches group:db on tcp/5432")
        #expect(broken.map(\.assertion.text) == ["group:web reaches db-1 on tcp/5432"])
        #expect(broken.first?.boxes.first?.witness.targetPort == 5432)
    }

    @Test(arguments: [
        ("web reaches db-1", "neither any, outside, group:NAME"), ("group:wbe reaches db-1", "write \"web\""),
        ("web-1 reach db-1", "is not an assertion"), ("web-1 reaches db-1 on tcp/0", "reserved port 0"),
        ("outside never reaches outside", "nobody's to judge"),
    ])
    func `a fault of an assertion is told with its mend`(assertion: String, error: String) throws {
        let fault = #expect(throws: (any Error).self) { try breaches(assertion) }
        #expect("\(fault.map(String.init(describing:)) ?? "")".contains(error))
    }

    @Test func `an assertion is read again from its own text`() throws {
        let texts = [
            "only group:app reaches group:db on tcp/5432", "outside never reaches db-1",
            "any reaches web-1/e on icmp/8",
        ]
        let policy = try PolicyFile.load(
            """
            project: p
            assertions: [\(texts.joined(separator: ", "))]
            vpcs:
              - name: v
                cidrs: [10.0.0.0/16]
                subnets: [{name: s, cidr: 10.0.1.0/24}]
                groups: [{name: app, rules: []}, {name: db, rules: []}]
                instances:
                  - {name: web-1, interfaces: [{name: e, subnet: s, address: 10.0.1.10, groups: []}]}
                  - {name: db-1, interfaces: [{name: e, subnet: s, address: 10.0.1.12, groups: []}]}
            """, name: "p.yaml")
        #expect(policy.assertions?.map(\.text) == texts)
    }
}
