import Foundation
import Host
import Model
import TestSupport
import Testing

@testable import Enforcement

/// What is kept of a host before it is changed.
@Suite struct FormerStateTests {
    private func lines(_ path: String) throws -> Int {
        try (DurableFile.read(path) ?? []).count { $0 == UInt8(ascii: "\n") }
    }

    @Test func `first values are kept, a line for what is new, across starts`() async throws {
        try await withScratchFolder { folder in
            let path = folder + "/before.json"
            let state = FormerState()
            // Without a file nothing is kept: tests and tools change nothing for good.
            state.note(switches: ["ipv4/ip_forward"])
            try state.begin(file: path)
            #expect(try FormerState.read(path) == nil)
            state.note(switches: ["ipv4/ip_forward", "ipv4/conf/lo/rp_filter"], devices: ["lo"])
            state.note(switches: ["ipv4/ip_forward"], devices: ["lo"])
            #expect(try lines(path) == 1)
            state.note(addresses: [IPAddress(ipv4: 0x7f00_0001), IPAddress(ipv4: 0xc000_0201)], devices: ["gone0"])
            #expect(try lines(path) == 2)
            let kept = try #require(try FormerState.read(path))
            #expect(Set(kept.switches.keys) == ["ipv4/ip_forward", "ipv4/conf/lo/rp_filter"])
            #expect(kept.devices == ["lo", "gone0"])
            #expect(kept.addresses.contains("192.0.2.1/32"))
            // The next start forgets what is gone, and keeps the first values.
            var former = kept
            former.switches["ipv4/ip_forward"] = "7"
            former.switches["ipv4/conf/gone0/proxy_arp"] = "0"
            try write(Array(try JSONEncoder().encode(former)) + [UInt8(ascii: "\n")], to: path)
            let next = FormerState()
            try next.begin(file: path)
            next.note(switches: ["ipv4/ip_forward"])
            let after = try #require(try FormerState.read(path))
            #expect(after.switches["ipv4/ip_forward"] == "7")
            #expect(after.switches["ipv4/conf/gone0/proxy_arp"] == nil)
            #expect(after.devices == ["lo"])
        }
    }

    @Test func `a line that a crash cut off is none, and a damaged one is an error`() async throws {
        try await withScratchFolder { folder in
            let path = folder + "/before.json"
            let state = FormerState()
            try state.begin(file: path)
            state.note(devices: ["lo"])
            let whole = try #require(try DurableFile.read(path))
            try write(whole + Array(#"{"devices":["#.utf8), to: path)
            #expect(try FormerState.read(path)?.devices == ["lo"])
            try write(Array("what\n".utf8) + whole, to: path)
            #expect(throws: (any Error).self) { try FormerState.read(path) }
        }
    }
}
