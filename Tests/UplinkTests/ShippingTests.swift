import Foundation
import Host
import Link
import Model
import Spools
import TestSupport
import Testing

@testable import Server
@testable import Service
@testable import Uplink

@Suite struct ShippingTests {
    private func append(_ count: Int, to spool: Spool) throws {
        let one = Traffic(packets: 1, bytes: 60)
        let start = Timestamp(seconds: 1_793_700_900)
        for number in 0..<count {
            spool.append(
                FlowRecord(
                    windowStart: start, windowEnd: start.advanced(by: .seconds(60)), start: start, end: start,
                    connectionStart: start, connection: UInt64(number), interface: Identifier(derivedFrom: "i"),
                    direction: .egress, verdict: .accept, stage: .group, rule: Identifier(derivedFrom: "r"),
                    revision: 1,
                    key: FlowKey(
                        initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .udp, initiatorPort: 3,
                        targetPort: 4),
                    state: .ended, fromInitiator: one, fromTarget: .zero, cumulativeFromInitiator: one,
                    cumulativeFromTarget: .zero))
        }
        try spool.commit(spool.position)
    }

    @Test func `what a long absence has left goes in requests that the server takes`() async throws {
        try await withScratchFolder { folder in
            let data = DataFolder(folder + "/data")
            try DurableFile.makeFolder(data.revisions)
            try DurableFile.replace("\(data.revisions)/1.json", with: [UInt8](repeating: 0x20, count: 5 << 20))
            let spool = try Spool(folder: data.spool)
            // One batch that is larger than a request, and small ones behind it.
            try append(60_000, to: spool)
            for _ in 0..<5 { try append(100, to: spool) }
            let server = HostFolder(path: folder + "/server")
            var requests = 0
            while true {
                // Each as a process of its own, which knows what the server has and nothing more.
                var shipping = Shipping(data: data, host: "host-1", statePath: folder + "/shipped.json")
                try shipping.begin(try server.sizes("host-1"))
                guard let parcel = try shipping.next() else { break }
                requests += 1
                #expect(parcel.bytes.count <= ServerSettings().largestBody)
                var usage = HostFolder.Usage()
                _ = try server.write(
                    parcel.bytes, to: parcel.file, at: parcel.offset, of: "host-1", quota: .max, &usage)
                try shipping.acknowledge(parcel)
            }
            #expect(requests > 10)
            for name in ["revisions/1.json"] + (try DurableFile.list(data.spool).map { "spool/\($0)" }) {
                #expect(
                    try DurableFile.read("\(data.path)/\(name)") == DurableFile.read("\(server.path)/host-1/\(name)"))
            }
        }
    }
}
