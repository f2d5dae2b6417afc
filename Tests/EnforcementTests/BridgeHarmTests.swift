import Model
import Testing

@testable import Enforcement

/// What others' chains do to all that a bridge forwards, from listings as nft 1.0.6 and iptables 1.8.9 print them.
@Suite struct BridgeHarmTests {
    private static let docker = """
        table ip filter {
        \tchain DOCKER {
        \t\tiifname != "docker0" oifname "docker0" ip daddr 172.17.0.2 tcp dport 80 counter accept
        \t\tiifname != "docker0" oifname "docker0" counter drop
        \t}
        \tchain DOCKER-ISOLATION-STAGE-1 {
        \t\tiifname "docker0" oifname != "docker0" counter jump DOCKER-ISOLATION-STAGE-2
        \t\tcounter return
        \t}
        \tchain DOCKER-ISOLATION-STAGE-2 {
        \t\toifname "docker0" counter drop
        \t\tcounter return
        \t}
        \tchain FORWARD {
        \t\ttype filter hook forward priority 0; policy drop;
        \t\tcounter jump DOCKER-ISOLATION-STAGE-1
        \t\toifname "docker0" ct state related,established counter accept
        \t\toifname "docker0" counter jump DOCKER
        \t\tiifname "docker0" oifname != "docker0" counter accept
        \t\tiifname "docker0" oifname "docker0" counter packets 12 bytes 720 accept
        \t}
        }
        table ip nat {
        \tchain POSTROUTING {
        \t\ttype nat hook postrouting priority 100; policy accept;
        \t\toifname != "docker0" ip saddr 172.17.0.0/16 counter masquerade
        \t\tip saddr 172.17.0.2 ip daddr 172.17.0.2 tcp dport 80  counter masquerade
        \t\tmeta mark & 0x00002000 == 0x00002000 counter masquerade
        \t}
        }
        """

    private func harms(_ listing: String, _ bridge: String, _ block: String, family: String = "ip") throws -> [String] {
        try ForeignTable(listing: listing, family: family, table: "f").harms(bridge, [IPPrefix(parsing: block)]).map {
            "\($0.kind) \($0.chain)"
        }
    }

    @Test func `an engine that lets its own bridge pass harms only the others`() throws {
        #expect(try harms(Self.docker, "docker0", "172.17.0.0/16") == [])
        #expect(try harms(Self.docker, "br0", "10.9.0.0/24") == ["drops table ip f, chain FORWARD"])
        // Its chains are of IPv4.
        #expect(try harms(Self.docker, "br0", "fd09::/64") == [])
    }

    @Test(arguments: [
        ("counter masquerade", true), ("ip saddr 10.9.0.0/24 masquerade", true),
        ("ip saddr 10.0.0.0/8 snat to 1.2.3.4", true),
        ("ip saddr { 192.168.0.0/16, 10.0.0.0/8 } masquerade", true), ("ip saddr 10.9.0.0/25 masquerade", true),
        ("oifname \"br*\" masquerade", true), ("oifname != \"eth0\" masquerade random", true),
        ("comment \"a b\" masquerade", true), ("ip daddr 10.9.0.0/24 masquerade", true),
        ("ip saddr 10.9.0.0/24 ip daddr != 10.9.0.0/24 masquerade", false), ("oifname \"eth0\" masquerade", false),
        ("ip saddr 10.9.0.0/24 oifname != { \"br0\", \"br1\" } masquerade", false),
        ("ip saddr 192.168.0.0/16 masquerade", false), ("ip saddr 10.9.0.5 ip daddr 10.9.0.5 masquerade", false),
        ("tcp dport 80 masquerade", false), ("ip6 saddr fd00::/8 masquerade", false),
        ("log prefix \"masquerade\"", false),
        ("ip daddr 10.9.0.0/24 accept\n\t\tmasquerade", false), ("jump q\n\t\tmasquerade", false),
        ("goto q\n\t\tmasquerade", false),
        ("jump r", true), ("return\n\t\tmasquerade", false), ("ip protocol vmap { tcp : jump r }", false),
    ])
    func `a translation is told where it takes all of a bridge's frames`(rules: String, isHarm: Bool) throws {
        let listing = """
            table inet f {
            \tchain p {
            \t\ttype nat hook postrouting priority 100; policy accept;
            \t\t\(rules)
            \t}
            \tchain q {
            \t\toifname "br0" accept
            \t}
            \tchain r {
            \t\tip saddr 10.9.0.0/16 masquerade
            \t}
            }
            """
        let found = try harms(listing, "br0", "10.9.0.0/24", family: "inet")
        #expect(found == (isHarm ? ["translates table inet f, chain p"] : []))
    }

    @Test func `chains that lead to each other end`() throws {
        let listing = """
            table ip f {
            \tchain f {
            \t\ttype filter hook forward priority 0; policy drop;
            \t\tjump f
            \t\tiifname "br0" oifname "br0" accept
            \t}
            }
            """
        #expect(try harms(listing, "br0", "10.9.0.0/24") == [])
    }

    @Test(arguments: [
        ("", true), ("-A FORWARD -i br0 -o br0 -j ACCEPT\n", false),
        ("-A FORWARD -i br+ -j USER\n-A USER -j ACCEPT\n", false),
        ("-A FORWARD -i br0 -p tcp -j ACCEPT\n", true), ("-A FORWARD ! -i eth0 -o br0 -j ACCEPT\n", false),
        ("-A FORWARD -s 10.9.0.0/24 ! -d 10.9.0.0/24 -j ACCEPT\n", true), ("-A FORWARD -i br0 -j RETURN\n", true),
        ("-A FORWARD -j USER\n-A USER -i br0 -g OUT\n-A OUT -j ACCEPT\n", false),
    ])
    func `legacy tables are read alike`(rules: String, isHarm: Bool) throws {
        let saved = "*filter\n:FORWARD DROP [0:0]\n:USER - [0:0]\n:OUT - [0:0]\n\(rules)COMMIT\n"
        let table = ForeignTable(saved: saved, table: "filter", isIPv6: false)
        let found = try table.harms("br0", [IPPrefix(parsing: "10.9.0.0/24")]).map(\.description)
        #expect(
            found
                == (isHarm
                    ? [
                        "bridge br0: iptables-legacy filter (IPv4), chain FORWARD drops what guests of the bridge send each other, "
                            + "and events tell it as accepted: have it accept what comes from br0 and goes to br0"
                    ] : []))
    }
}
