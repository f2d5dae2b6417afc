import CNetlink
import Glibc
package import Host

/// A packet socket on one device that hears what its guest says of addresses, and what a DHCP server tells the guest.
///
/// It hears of a frame before any rule has judged it: what it tells is a claim, and nothing is permitted by it. The kernel
/// filters; all other frames cost the device some instructions, and other devices nothing.
package final class LinkWatch {
    private let descriptor: Descriptor
    private var buffer = [UInt8](repeating: 0, count: 2048)

    /// Listens on the device of a number, in the network namespace of the calling thread.
    package init(device: UInt32) throws(SystemError) {
        let opened = gh_link_open(Int32(bitPattern: device))
        guard opened >= 0 else { throw SystemError("socket", "AF_PACKET", code: -opened) }
        descriptor = Descriptor(owning: opened)
    }

    package var number: Int32 { descriptor.number }

    /// Hands over what waits, at most so many frames.
    ///
    /// - Returns: how many there were.
    package func drain(limit: Int, _ each: (LinkFrame) -> Void) throws(SystemError) -> Int {
        var count = 0
        while count < limit {
            let number = descriptor.number
            let length = unsafe buffer.withUnsafeMutableBytes {
                unsafe recv(number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT))
            }
            if length < 0 {
                switch errno {
                case EINTR: continue
                // ENETDOWN: the device went down, or is gone.
                case EAGAIN, ENETDOWN: return count
                default: throw SystemError("recv", "AF_PACKET", code: errno)
                }
            }
            count += 1
            if let frame = ByteView.with(buffer, { LinkFrame($0.slice(0, min(length, buffer.count))) }) { each(frame) }
        }
        return count
    }
}
