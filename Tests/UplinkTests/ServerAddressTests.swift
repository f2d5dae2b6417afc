import Host
import Model
import TestSupport
import Testing

@testable import Uplink

/// Which addresses a host must be able to reach whatever it enforces.
@Suite struct ServerAddressTests {
    @Test(arguments: [("https://192.0.2.1:8440", "192.0.2.1"), ("https://[2001:db8::1]:8440", "2001:db8::1")])
    func `an address needs no resolver`(_ server: String, _ address: String) throws {
        let addresses = ServerAddresses(server: server, folder: UplinkFolder("/nowhere"))
        #expect(addresses.addresses == [try #require(IPAddress(address))])
    }

    @Test func `a name's addresses are known at the next start before it is resolved`() async throws {
        try await withScratchFolder { path in
            let folder = UplinkFolder(path)
            let first = ServerAddresses(server: "https://localhost:8440", folder: folder)
            #expect(first.addresses == [])
            first.resolve()
            #expect(first.addresses.contains(IPAddress(ipv4: 0x7f00_0001)))
            let next = ServerAddresses(server: "https://localhost:8440", folder: folder)
            #expect(next.addresses == first.addresses)
            // A resolver that knows nothing takes nothing away.
            try DurableFile.replace(folder.serverAddresses, with: Array("192.0.2.7\n".utf8))
            let lost = ServerAddresses(server: "https://no-such-name.invalid:8440", folder: folder)
            lost.resolve()
            #expect(lost.addresses == [try #require(IPAddress("192.0.2.7"))])
        }
    }
}
