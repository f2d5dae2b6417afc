import CNetlink
import Glibc
package import Host

/// What the kernel answered to a request, or why a datagram could not be read.
package enum NetlinkError: Error, Equatable, CustomStringConvertible {
    /// The kernel refused the request.
    case refused(request: String, code: Int32)
    /// A dump was cut off because the table changed meanwhile; ask again.
    case interrupted(request: String)
    case system(SystemError)

    package var description: String {
        switch self {
        case .refused(let request, let code): unsafe "\(request): \(String(cString: strerror(code)))"
        case .interrupted(let request): "\(request): the table changed during the dump"
        case .system(let error): error.description
        }
    }
}

/// A NETLINK_NETFILTER socket: requests with answers, dumps, and what is multicast to it.
package final class NetfilterSocket {
    private let descriptor: Descriptor
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)

    /// Opens a socket in the network namespace of the calling thread.
    package init() throws(NetlinkError) {
        let number = gh_netlink_open()
        guard number >= 0 else { throw .system(SystemError("socket", "NETLINK_NETFILTER", code: -number)) }
        descriptor = Descriptor(owning: number)
    }

    /// Takes over a socket that a supervisor kept.
    package init(adopting number: Int32) { descriptor = Descriptor(owning: number) }

    package var number: Int32 { descriptor.number }

    /// SO_RCVBUFFORCE: how many bytes may wait here before the kernel must drop or hold back.
    package func setReceiveBuffer(_ bytes: Int32) throws(NetlinkError) {
        try setOption(SOL_SOCKET, SO_RCVBUFFORCE, bytes)
    }

    /// Joins a multicast group (NETLINK_ADD_MEMBERSHIP), `NFNLGRP_…`.
    package func join(_ group: Int32) throws(NetlinkError) {
        try setOption(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, group)
    }

    /// NETLINK_BROADCAST_ERROR: the kernel learns when an event did not fit, and keeps it for another try.
    package func demandDelivery() throws(NetlinkError) {
        try setOption(SOL_NETLINK, NETLINK_BROADCAST_ERROR, 1)
    }

    private func setOption(_ level: Int32, _ option: Int32, _ value: Int32) throws(NetlinkError) {
        var value = value
        let number = number
        do {
            try check("setsockopt") {
                unsafe setsockopt(number, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
            }
        } catch {
            throw .system(error)
        }
    }

    /// Sends one request and waits for its acknowledgement.
    package func request(
        _ name: String, type: UInt16, flags: UInt16 = 0, family: UInt8 = 0, resource: UInt16 = 0,
        _ body: (inout MessageBuilder) -> Void
    ) throws(NetlinkError) {
        var builder = MessageBuilder()
        sequence &+= 1
        builder.begin(
            type: type, flags: flags | UInt16(NLM_F_REQUEST | NLM_F_ACK), sequence: sequence, family: family,
            resource: resource)
        body(&builder)
        builder.end()
        try send(builder.bytes)
        try awaitAnswers(name, wanted: [sequence]) { _ in }
    }

    /// Sends one request and hands over each message that comes before its acknowledgement.
    package func query(
        _ name: String, type: UInt16, family: UInt8 = 0, each: (NetlinkMessage) -> Void
    ) throws(NetlinkError) {
        var builder = MessageBuilder()
        sequence &+= 1
        builder.begin(type: type, flags: UInt16(NLM_F_REQUEST | NLM_F_ACK), sequence: sequence, family: family)
        builder.end()
        try send(builder.bytes)
        try awaitAnswers(name, wanted: [sequence], each)
    }

    /// Sends one request and hands over each message of the answer until its end.
    package func dump(
        _ name: String, type: UInt16, family: UInt8 = 0, resource: UInt16 = 0, _ body: (inout MessageBuilder) -> Void,
        each: (NetlinkMessage) -> Void
    ) throws(NetlinkError) {
        var builder = MessageBuilder()
        sequence &+= 1
        builder.begin(
            type: type, flags: UInt16(NLM_F_REQUEST | NLM_F_DUMP), sequence: sequence, family: family,
            resource: resource)
        body(&builder)
        builder.end()
        try send(builder.bytes)
        try awaitAnswers(name, wanted: [sequence], each)
    }

    /// Sends several nftables messages as one transaction: all take effect at one instant, or none.
    package func transaction(_ name: String, _ messages: [(inout MessageBuilder, UInt32) -> Void]) throws(NetlinkError)
    {
        var builder = MessageBuilder()
        sequence &+= 1
        builder.begin(
            type: UInt16(NFNL_MSG_BATCH_BEGIN), flags: UInt16(NLM_F_REQUEST), sequence: sequence, family: 0,
            resource: UInt16(NFNL_SUBSYS_NFTABLES))
        builder.end()
        // Every message of the batch is acknowledged, so that a refusal names itself.
        var wanted: Set<UInt32> = []
        for message in messages {
            sequence &+= 1
            wanted.insert(sequence)
            message(&builder, sequence)
            builder.end()
        }
        sequence &+= 1
        builder.begin(
            type: UInt16(NFNL_MSG_BATCH_END), flags: UInt16(NLM_F_REQUEST), sequence: sequence, family: 0,
            resource: UInt16(NFNL_SUBSYS_NFTABLES))
        builder.end()
        try send(builder.bytes)
        try awaitAnswers(name, wanted: wanted) { _ in }
    }

    private func send(_ bytes: [UInt8]) throws(NetlinkError) {
        let number = number
        do {
            try check("send", "netlink request") {
                unsafe bytes.withUnsafeBytes { unsafe Glibc.send(number, $0.baseAddress, $0.count, 0) }
            }
        } catch {
            throw .system(error)
        }
    }

    private func awaitAnswers(_ name: String, wanted: Set<UInt32>, _ each: (NetlinkMessage) -> Void)
        throws(NetlinkError)
    {
        var wanted = wanted
        var failure: NetlinkError?
        while !wanted.isEmpty {
            let length: Int
            let number = number
            do {
                length = try check("recv", name) {
                    unsafe buffer.withUnsafeMutableBytes { unsafe recv(number, $0.baseAddress, $0.count, 0) }
                }
            } catch {
                throw .system(error)
            }
            ByteView.with(buffer) { view in
                var cursor = MessageCursor(view.slice(0, length))
                while let message = cursor.next() {
                    guard wanted.contains(message.sequence) else {
                        // A batch that fails as a whole is answered under the number of its begin message.
                        if message.type == UInt16(NLMSG_ERROR), message.body.load(0, as: UInt32.self) != 0 {
                            failure =
                                failure
                                ?? .refused(
                                    request: name,
                                    code: Int32(
                                        truncatingIfNeeded: 0
                                            &- Int(Int32(bitPattern: message.body.load(0, as: UInt32.self)))))
                            wanted.removeAll()
                        }
                        continue
                    }
                    // NLM_F_DUMP_INTR
                    if message.flags & 0x10 != 0 { failure = failure ?? .interrupted(request: name) }
                    switch Int32(message.type) {
                    case NLMSG_DONE:
                        wanted.remove(message.sequence)
                    case NLMSG_ERROR:
                        wanted.remove(message.sequence)
                        let code = Int32(bitPattern: message.body.load(0, as: UInt32.self))
                        if code != 0 { failure = failure ?? .refused(request: name, code: -code) }
                    default:
                        each(message)
                    }
                }
            }
        }
        if let failure { throw failure }
    }
}
