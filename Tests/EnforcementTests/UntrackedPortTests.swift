import Model
import PolicyFiles
import Testing

@testable import Enforcement

@Suite struct UntrackedPortTests {
    @Test func `rules for ports that the kernel cannot tell are named`() throws {
        let policy = try PolicyFile.load(
            """
            project: shop
            vpcs:
              - name: shop
                cidrs: [10.1.0.0/16]
                subnets: [{name: all, cidr: 10.1.0.0/24}]
                groups:
                  - {name: web, rules: [ingress dccp/5000 from any, ingress dccp/5001 from any, egress dccp to any, egress tcp/1 to any]}
                instances: []

            """, name: "test.yaml")
        #expect(UntrackedPorts.words(policy, []) == [])
        #expect(
            UntrackedPorts.words(policy, [.dccp, .sctp]) == [
                "2 rules for ports of dccp admit nothing, such as shop/web: ingress dccp/5000 from any: this kernel's connection "
                    + "tracking knows no ports of it; write dccp without ports, or run a kernel that does"
            ])
    }
}
