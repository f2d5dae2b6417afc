import Documents
import Model
import Testing

@testable import PolicyFiles

/// What can be wrong with an interface, each as the one problem of a file.
@Suite struct InterfaceProblemTests {
    private func problems(_ interfaces: String) -> String {
        let text = """
            project: p
            vpcs:
            - name: v
              cidrs: [10.0.0.0/8, 0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/4, '::/16', 'fe80::/10', 'ff00::/8']
              subnets:
              - {name: s, cidrs: [10.0.0.0/24, 10.0.2.0/24]}
              - {name: odd, cidrs: [0.0.0.0/8, 127.0.0.0/8, 169.254.0.0/16, 224.0.0.0/4, '::/16', 'fe80::/10', 'ff00::/8']}
              - {name: pair, cidr: 10.0.1.0/31}
              groups: [{name: web}]
              instances:
              - name: i
                interfaces:
                - \(interfaces)
            """
        do {
            _ = try PolicyFile.load(text, name: "f.yaml")
            return ""
        } catch {
            return error.description
        }
    }

    private static let outside = "choose a unicast address of the subnet"

    @Test(arguments: [
        ("10.0.3.1", "address 10.0.3.1 is outside subnet \"s\"; choose one of 10.0.0.0/24, 10.0.2.0/24"),
        ("10.0.0.0", "10.0.0.0 is the network address of 10.0.0.0/24; choose one of 10.0.0.1 to 10.0.0.254"),
        ("10.0.0.255", "10.0.0.255 is the broadcast address of 10.0.0.0/24; choose one of 10.0.0.1 to 10.0.0.254"),
        (
            "10.0.0.0/24",
            "10.0.0.0/24 stands without an address of the interface's own, by way of which it is reached; "
                + "write that address as well, as 10.1.1.10"
        ),
        ("10.0.0.300", "\"10.0.0.300\" is not an address; write one as 10.1.1.10 or fd00:1::10"),
        ("'ff02::1'", "address ff02::1 is a multicast address; \(outside)"),
        ("'fe80::1'", "address fe80::1 is link-local; \(outside)"),
        ("'::1'", "address ::1 is a loopback address; \(outside)"),
        ("'::'", "address :: is unspecified; \(outside)"),
        ("0.0.0.0", "address 0.0.0.0 is unspecified; \(outside)"),
        ("127.0.0.1", "address 127.0.0.1 is a loopback address; \(outside)"),
        ("224.0.0.5", "address 224.0.0.5 is a multicast address; \(outside)"),
        ("169.254.1.1", "address 169.254.1.1 is link-local; \(outside)"),
    ])
    func `addresses that no interface can have`(address: String, expected: String) {
        #expect(
            problems("{name: n, subnet: s, device: d, address: \(address)}")
                == "f.yaml:13: vpcs[0].instances[0].interfaces[0].address: \(expected)")
    }

    @Test(arguments: [
        (
            "addresses: [10.0.0.1, 0.0.0.0/0]",
            ".addresses[1]: prefix 0.0.0.0/0 is wider than /8: everybody in it would be the interface; "
                + "write the blocks that are behind it"
        ),
        (
            "addresses: [10.0.0.1, 10.7.0.1/24]",
            ".addresses[1]: prefix 10.7.0.1/24 has bits set beyond its first 24; write 10.7.0.0/24"
        ),
        (
            "address: 10.0.0.1, pairs: [{mac: '02:00:00:00:00:01'}]",
            ".pairs[0]: key \"address\" is missing; write address: ADDRESS or PREFIX"
        ),
        (
            "address: 10.0.0.1, pairs: [{address: 224.0.0.18}]",
            ".pairs[0].address: address 224.0.0.18 is a multicast address; choose unicast addresses"
        ),
        (
            "address: 10.0.0.1, pairs: [{address: 10.0.0.9}, {address: 10.0.0.9/32}]",
            ".pairs[1]: the pair 10.0.0.9 stands twice; remove one of them"
        ),
        (
            "address: 10.0.0.1, pairs: [{address: 10.0.0.9, mac: '01:00:5e:00:00:12'}]",
            ".pairs[0].mac: MAC address 01:00:5e:00:00:12 is not one that a station sends from; "
                + "write a unicast address"
        ),
        (
            "address: 10.0.0.1, pairs: [{address: 10.0.0.9, port: 7}]",
            ".pairs[0]: unknown key \"port\"; the keys are address, mac"
        ),
    ])
    func `blocks and pairs that no interface can have`(keys: String, expected: String) {
        #expect(
            problems("{name: n, subnet: s, device: d, \(keys)}")
                == "f.yaml:13: vpcs[0].instances[0].interfaces[0]\(expected)")
    }

    @Test(arguments: [
        ("dhcp: true", ""), ("dhcp: true, dhcp_servers: [10.0.0.2]", ""),
        ("dhcp: maybe", "dhcp: \"maybe\" is neither true nor false; write true or false"),
        ("dhcp_servers: [10.0.0.2]", "dhcp_servers: dhcp_servers without dhcp; write dhcp: true, or leave them out"),
        (
            "dhcp: true, dhcp_servers: ['fd00::1']",
            "dhcp_servers[0]: \"fd00::1\" is not an IPv4 address; write one as 10.1.1.2"
        ),
    ])
    func `what a subnet says of DHCP`(keys: String, expected: String) {
        let text = """
            project: p
            vpcs:
            - name: v
              cidrs: [10.0.0.0/16]
              subnets: [{name: s, cidr: 10.0.0.0/24, \(keys)}]
              instances:
              - name: i
                interfaces: [{name: n, subnet: s, device: d, mac: "02:00:00:00:00:01"}]
            """
        do {
            let policy = try PolicyFile.load(text, name: "f.yaml")
            #expect(policy.vpcs[0].instances[0].interfaces[0].addresses.isEmpty && expected.isEmpty)
        } catch {
            #expect(
                !expected.isEmpty && error.description.hasPrefix("f.yaml:5: vpcs[0].subnets[0].\(expected)"), "\(error)"
            )
        }
    }

    @Test func `blocks of two interfaces do not overlap`() {
        let text = """
            {name: n, subnet: s, device: d, addresses: [10.0.0.1, 10.7.0.0/16]}
                - {name: m, subnet: s, device: e, addresses: [10.0.0.2, 10.7.1.0/24]}
            """
        #expect(
            problems(text)
                == "f.yaml:14: vpcs[0].instances[0].interfaces[1].addresses[1]: 10.7.1.0/24 of i/m of VPC \"v\" "
                + "overlaps 10.7.0.0/16 of i/n of VPC \"v\"; give each interface blocks of its own")
    }

    @Test func `an address lies in no block of another interface`() {
        let text = """
            {name: n, subnet: s, device: d, addresses: [10.0.0.1, 10.0.0.64/26]}
                - {name: m, subnet: s, device: e, address: 10.0.0.70}
            """
        #expect(
            problems(text)
                == "f.yaml:14: vpcs[0].instances[0].interfaces[1].address: address 10.0.0.70 of i/m of VPC \"v\" "
                + "lies in 10.0.0.64/26 of i/n of VPC \"v\"; choose another, or a smaller block")
    }

    @Test func `secondary addresses, blocks within and without the subnet, and shared pairs are no fault`() {
        let text = """
            {name: n, subnet: s, device: d, addresses: [10.0.0.1, 10.0.0.2/32, 10.0.0.64/26, 172.20.0.0/16], pairs: [{address: 10.0.0.9}]}
                - {name: m, subnet: s, device: e, address: 10.0.0.3, pairs: [{address: 10.0.0.9}, {address: 10.0.0.1, mac: '00:00:5e:00:01:07'}]}
            """
        #expect(problems(text) == "")
    }

    @Test(arguments: ["10.0.1.0", "10.0.1.1"])
    func `both addresses of a /31 are usable`(address: String) {
        #expect(problems("{name: n, subnet: pair, device: d, address: \(address)}") == "")
    }

    @Test(arguments: [
        ("subnet: s, device: d, address: 10.0.0.1", ": key \"name\" is missing; write name: NAME"),
        ("name: n, device: d, address: 10.0.0.1", ": key \"subnet\" is missing; write subnet: NAME"),
        ("name: n, subnet: s, device: d", ": key \"address\" is missing; write address: ADDRESS"),
        ("name: n, subnet: s, device: d, addresses: []", ".addresses: the list has no address; write at least one"),
        (
            "name: n, subnet: ss, device: d, address: 10.0.0.1",
            ".subnet: there is no subnet \"ss\" in VPC \"v\"; write \"s\""
        ),
        (
            "name: n, subnet: front, device: d, address: 10.0.0.1",
            ".subnet: there is no subnet \"front\" in VPC \"v\"; there are \"s\", \"odd\", \"pair\""
        ),
        (
            "name: n, subnet: s, device: d, adress: 10.0.0.1, address: 10.0.0.1",
            ": unknown key \"adress\"; write \"address\""
        ),
        (
            "name: n, subnet: s, device: d, address: 10.0.0.1, groups: [wep]",
            ".groups[0]: there is no group \"wep\" in VPC \"v\"; write \"web\""
        ),
        (
            "name: n, subnet: s, device: d, address: 10.0.0.1, groups: [web, web]",
            ".groups[1]: group \"web\" is attached twice; remove one of them"
        ),
        (
            "name: n, subnet: s, device: d, address: 10.0.0.1, mac: 02-00",
            ".mac: \"02-00\" is not a MAC address; write six pairs of digits, as 02:00:0a:01:01:0a"
        ),
        (
            "name: n, subnet: s, device: d, address: 10.0.0.1, mac: '01:00:5e:00:00:01'",
            ".mac: MAC address 01:00:5e:00:00:01 is not one that a station sends from; write a unicast address"
        ),
        (
            "name: n, subnet: s, device: a b, address: 10.0.0.1",
            ".device: device name \"a b\" contains \" \"; "
                + "use printable ASCII without spaces, \"/\", \":\", quotes, \"\\\" and \"*\""
        ),
        (
            "name: n, subnet: s, device: a/b, address: 10.0.0.1",
            ".device: device name \"a/b\" contains \"/\"; "
                + "use printable ASCII without spaces, \"/\", \":\", quotes, \"\\\" and \"*\""
        ),
        (
            "name: n, subnet: s, device: .., address: 10.0.0.1",
            ".device: device name \"..\" is refused by the kernel; write the device's name or altname"
        ),
    ])
    func `keys that are missing or wrong`(keys: String, expected: String) {
        #expect(problems("{\(keys)}") == "f.yaml:13: vpcs[0].instances[0].interfaces[0]\(expected)")
    }

    @Test(arguments: [(15, ""), (127, ""), (128, "has 128 bytes; use at most 15 for a name, 127 for an altname")])
    func `a device's name is at most an altname`(length: Int, expected: String) {
        let device = String(repeating: "d", count: length)
        #expect(problems("{name: n, subnet: s, address: 10.0.0.1, device: \(device)}").hasSuffix(expected))
    }

    @Test(arguments: [
        (
            "{name: m, subnet: s, device: d, address: 10.0.0.2}",
            ".device: device \"d\" is already that of i/n of VPC \"v\"; bind each interface to a device of its own"
        ),
        (
            "{name: m, subnet: s, device: e, address: 10.0.0.1}",
            ".address: address 10.0.0.1 is already that of i/n of VPC \"v\"; "
                + "choose another, or write one that several may hold into the pairs of each"
        ),
        (
            "{name: n, subnet: s, device: e, address: 10.0.0.2}",
            ".name: interface \"n\" is defined twice, first at line 13; rename one of them"
        ),
    ])
    func `what two interfaces cannot share`(second: String, expected: String) {
        let text = "{name: n, subnet: s, device: d, address: 10.0.0.1}\n    - \(second)"
        #expect(problems(text) == "f.yaml:14: vpcs[0].instances[0].interfaces[1]\(expected)")
    }
}
