/// A policy file of 10,000 interfaces and 100 groups of 50 rules.
enum BigFile {
    static let interfaceCount = 10_000
    static let groupCount = 100
    static let rulesPerGroup = 50

    static var text: String {
        var lines = [
            "project: big", "vpcs:", "  - name: v", "    cidrs: [10.0.0.0/8]",
            "    subnets: [{name: s, cidr: 10.0.0.0/16}]", "    groups:",
        ]
        for group in 0..<groupCount {
            lines += ["      - name: g\(group)", "        rules:"]
            for rule in 0..<rulesPerGroup {
                let peer = (group + rule) % groupCount
                lines.append("          - ingress tcp/\(1000 + rule)-\(1005 + rule) from group:g\(peer)")
            }
        }
        lines.append("    instances:")
        for number in 0..<interfaceCount {
            let address = "10.0.\((number + 1) / 256).\((number + 1) % 256)"
            let groups = "g\(number % groupCount), g\((number + 1 + number / groupCount % 50) % groupCount)"
            lines.append("      - name: i\(number)")
            lines.append(
                "        interfaces: [{name: eth0, subnet: s, address: \(address), device: d\(number), groups: [\(groups)]}]"
            )
        }
        return lines.joined(separator: "\n")
    }
}
