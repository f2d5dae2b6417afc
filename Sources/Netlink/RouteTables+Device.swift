import CNetlink
import Host

extension RouteTables {
    /// The device with a number; nil where there is none.
    package func device(_ number: UInt32) throws(NetlinkError) -> NetworkDevice? {
        var found: NetworkDevice?
        do {
            try channel.exchange("device \(number)") { message in
                guard case .event(.device(let device)) = RouteEvent.read(message) else { return true }
                found = device
                return true
            } _: {
                // RTM_GETLINK, NLM_F_ACK: a single answer, and the end behind it.
                MessageBuilder.request(type: 18, flags: 4, sequence: $0) { builder in
                    // The rest of `ifinfomsg`: index (4), flags (4), change (4).
                    let index = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
                    builder.header(index + [UInt8](repeating: 0, count: 8))
                }
            }
        } catch .refused {
            return nil
        }
        return found
    }
}
