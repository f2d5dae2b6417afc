import Attribution
import Model
import Testing

@testable import Capture

/// Who an address, a device or a number was, also after it went.
@Suite struct AttributorTests {
    private static func adopting(
        _ former: Attributor, revision: Int, at seconds: Int,
        _ entries: [(id: String, host: UInt32, device: String, number: UInt32)]
    ) -> Attributor {
        former.adopting(
            revision: revision, at: Timestamp(seconds: Int64(seconds)).nanoseconds,
            ports: entries.map { entry in
                let interface = Interface(
                    id: Identifier(derivedFrom: entry.id), name: "eth0", subnet: "all",
                    addresses: [Estate.address(entry.host)], mac: nil, device: entry.device, groups: [])
                return (
                    port: Attributor.Port(interface, device: entry.device, groups: []),
                    addresses: interface.addresses, deviceNumber: entry.number
                )
            }, ruleCount: 3, ruleAt: { Estate.rule($0, $1) })
    }

    @Test func `an interface that went is known by its address until another has it`() {
        let a = Identifier<Interface>(derivedFrom: "a")
        let b = Identifier<Interface>(derivedFrom: "b")
        let first = Self.adopting(Attributor(), revision: 1, at: 10, [("a", 10, "gh-a", 1)])
        #expect(first.port(address: Estate.address(10))?.interface == a)
        #expect(first.port(device: "gh-a")?.interface == a && first.port(deviceNumber: 1)?.interface == a)
        let second = Self.adopting(first, revision: 2, at: 20, [("b", 11, "gh-b", 2)])
        #expect(second.port(address: Estate.address(10))?.interface == a)
        #expect(second.port(device: "gh-a") == nil && second.port(deviceNumber: 1) == nil)
        let third = Self.adopting(second, revision: 3, at: 30, [("b", 10, "gh-b", 2)])
        #expect(third.port(address: Estate.address(10))?.interface == b)
        #expect(third.ports.count == 2)
    }

    @Test func `a device's number may become another interface's`() {
        let first = Self.adopting(Attributor(), revision: 1, at: 10, [("a", 10, "gh-a", 1), ("b", 11, "gh-b", 2)])
        let second = Self.adopting(first, revision: 1, at: 20, [("a", 10, "gh-a", 2), ("b", 11, "gh-b", 0)])
        #expect(second.port(deviceNumber: 2)?.device == "gh-a" && second.port(deviceNumber: 1) == nil)
        #expect(second.ports.filter(second.isHere).map(\.device) == ["gh-a"])
    }

    @Test func `an instant is of the revision that was in force then`() {
        var attributor = Attributor()
        for revision in 1...5 {
            attributor = Self.adopting(attributor, revision: revision, at: revision * 10, [])
            // What changes no revision begins none.
            attributor = Self.adopting(attributor, revision: revision, at: revision * 10 + 5, [])
        }
        for (seconds, revision) in [(0, 1), (10, 1), (19, 1), (20, 2), (26, 2), (49, 4), (50, 5), (1000, 5)] {
            #expect(attributor.revision(at: Timestamp(seconds: Int64(seconds)).nanoseconds) == revision, "\(seconds)")
        }
        #expect(attributor.revision == 5)
    }

    @Test func `an index beyond the rules is nobody's`() {
        let attributor = Self.adopting(Attributor(), revision: 1, at: 10, [])
        for direction in Direction.allCases {
            #expect(attributor.rule(2, direction) == Estate.rule(2, direction))
            #expect(attributor.rule(3, direction) == nil && attributor.rule(65_534, direction) == nil)
            #expect(attributor.rule(MarkLayout.dhcpClientIndex, direction) == GuardRule.dhcpClient.id)
        }
        #expect(Attributor().rule(0, .egress) == nil)
    }
}
