import Model
import Netlink
import Testing

@testable import Agent

@Suite struct DeviceAttachmentTests {
    private func attachment(
        kind: String?, masterKind: String? = nil, isUplink: Bool = false, addresses: [String] = []
    ) throws -> DeviceAttachment {
        var device = NetworkDevice(number: 7, name: "tap0")
        (device.kind, device.masterKind, device.master) = (kind, masterKind, masterKind == nil ? 0 : 9)
        return DeviceAttachment(
            device, master: masterKind == nil ? nil : NetworkDevice(number: 9, name: "up0"), isUplink: isUplink,
            addresses: try addresses.map { try #require(IPAddress($0)) })
    }

    @Test(arguments: [nil, "veth", "tun", "netkit", "dummy"])
    func `hardware and the near end of one guest are judged`(kind: String?) throws {
        #expect(try attachment(kind: kind) == .own)
    }

    @Test(arguments: [
        "bridge", "bond", "team", "vrf", "openvswitch", "macvlan", "macvtap", "ipvlan", "ipvtap", "vlan", "vxlan",
        "wireguard", "gre", "something new",
    ])
    func `a kind that was never tried is refused, like those that are known not to fit`(kind: String) throws {
        #expect(try attachment(kind: kind) == .notEnforceable(.kind(kind)))
    }

    @Test(arguments: [
        ("openvswitch", "tap0 is a port of Open vSwitch up0"),
        ("bond", "tap0 is a member of bond up0"), ("team", "tap0 is a member of team up0"),
        ("vrf", "tap0 is a member of VRF up0"), ("something new", "tap0 is a part (something new) of up0"),
    ])
    func `a part of another device is not judged, whatever its own kind`(kind: String, words: String) throws {
        guard case .notEnforceable(let reason) = try attachment(kind: "tun", masterKind: kind) else {
            Issue.record("\(kind) is judged")
            return
        }
        #expect(reason.words("tap0").hasPrefix(words))
        #expect(reason.words("tap0").contains("ip link set tap0 nomaster"))
    }

    @Test func `what is the host's own is left alone`() throws {
        let uplink = try attachment(kind: nil, isUplink: true)
        let host = try attachment(kind: "veth", addresses: ["192.0.2.1"])
        for case .notEnforceable(let reason) in [uplink, host] {
            #expect(!reason.isJudged(wasJudged: false))
            // It does not set a guest free.
            #expect(reason.isJudged(wasJudged: true))
        }
        #expect(uplink == .notEnforceable(.uplink))
        #expect(host == .notEnforceable(.hostAddress(try #require(IPAddress("192.0.2.1")))))
    }
}
