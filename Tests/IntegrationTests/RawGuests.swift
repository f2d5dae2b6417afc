import Host
import Link
import Model
import Rehearsal
import Spools
import TestSupport

/// Frames that guests of an agent send byte for byte.
extension AgentUnderTest {
    func send(_ packet: HandmadePacket, as guest: String) throws {
        func mac(_ device: String, in space: String) throws -> MACAddress {
            MACAddress(bits: try NetworkNamespace.within(space) { try NetworkDevices.linkAddress(device) })
        }
        let space = try self.guest(guest).namespace
        try packet.send(
            from: space, device: "eth0", to: try mac("gh-\(guest)", in: host.name), as: try mac("eth0", in: space))
    }

    func udp(_ from: String, _ to: String, _ fromPort: UInt16, _ toPort: UInt16) throws -> FlowKey {
        FlowKey(
            initiator: try address(from), target: try address(to), transport: .udp, initiatorPort: fromPort,
            targetPort: toPort)
    }

    /// The records of an instance's interface, after what there is was put into records.
    func flushedRecords(of instance: String, vpc: String, project: String = "shop") throws -> [FlowRecord] {
        try ask(.flush)
        let id = Identifier<Interface>(derivedFrom: "interface", project, vpc, instance, "eth0")
        return try records().filter { $0.interface == id }
    }

    /// Every loss that is stated and committed.
    func losses() throws -> [LossStatement] {
        var found: [LossStatement] = []
        try SpoolReader(folder: folder.spool).forEach { if case .loss(let loss) = $0 { found.append(loss) } }
        return found
    }
}
