import CRehearsal
import Foundation
import Host
package import Model

/// Servers of a guest, in a thread of their own.
package final class GuestServer: Sendable {
    private let stopper: Int32
    private let finished = DispatchSemaphore(value: 0)

    /// Serves TCP and UDP ports of an address until `stop`.
    ///
    /// * `answer`: bytes that a TCP peer gets when it has sent all of its own.
    package init(
        _ guest: Guest, _ addresses: [IPAddress], tcp: [UInt16] = [], udp: [UInt16] = [], answer: Int = 1000
    ) throws {
        var servers: [Int32] = []
        try NetworkNamespace.within(guest.namespace) {
            for address in addresses {
                for (port, isUDP) in tcp.map({ ($0, false) }) + udp.map({ ($0, true) }) {
                    let server = unsafe gh_server(address.description, port, isUDP ? 1 : 0)
                    guard server >= 0 else { throw SystemError("bind", "\(address) port \(port)", code: -server) }
                    servers.append(server)
                }
            }
        }
        let ends = try Pipe.make()
        stopper = ends.write
        let numbers = servers
        Thread.detachNewThread { [finished] in
            unsafe gh_serve(numbers, numbers.count, ends.read, answer)
            for number in numbers + [ends.read] { _ = Descriptor(owning: number) }
            finished.signal()
        }
    }

    /// Ends the servers and waits until their sockets are closed.
    package func stop() {
        _ = Descriptor(owning: stopper)
        finished.wait()
    }
}
