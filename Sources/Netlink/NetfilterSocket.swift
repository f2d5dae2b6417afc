import CNetlink
import Glibc
import Host

/// A NETLINK_NETFILTER socket: requests with answers, dumps, and what is multicast to it.
package final class NetfilterSocket {
    private let descriptor: Descriptor
    private var sequence: UInt32 = 0
    private var buffer = [UInt8](repeating: 0, count: 1 << 18)

    /// Opens a socket in the network namespace of the calling thread.
    package init() throws(NetlinkError) {
        let number = gh_netlink_open(NETLINK_NETFILTER)
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
        _ name: String, type: UInt16, family: UInt8 = 0, resource: UInt16 = 0, _ body: (inout MessageBuilder) -> Void
    ) throws(NetlinkError) {
        sequence &+= 1
        try send(
            MessageBuilder.request(
                type: type, flags: NLM_F_ACK, sequence: sequence, family: family, resource: resource, body))
        try awaitAnswers(name, wanted: [sequence]) { _ in true }
    }

    /// Sends one request and hands over each message that comes before its acknowledgement; `each` says whether it could
    /// read it.
    package func query(
        _ name: String, type: UInt16, each: (NetlinkMessage) -> Bool
    ) throws(NetlinkError) {
        sequence &+= 1
        try send(MessageBuilder.request(type: type, flags: NLM_F_ACK, sequence: sequence) { _ in })
        try awaitAnswers(name, wanted: [sequence], each)
    }

    /// Sends one request and hands over each message of the answer until its end; `each` says whether it could read it.
    package func dump(
        _ name: String, type: UInt16, family: UInt8 = 0, _ body: (inout MessageBuilder) -> Void,
        each: (NetlinkMessage) -> Bool
    ) throws(NetlinkError) {
        sequence &+= 1
        try send(MessageBuilder.request(type: type, flags: NLM_F_DUMP, sequence: sequence, family: family, body))
        try awaitAnswers(name, wanted: [sequence], each)
    }

    /// Sends several nftables messages as one transaction: all take effect at one instant, or none.
    package func transaction(_ name: String, _ messages: [(inout MessageBuilder, UInt32) -> Void]) throws(NetlinkError)
    {
        let batch = MessageBuilder.batch(messages, after: sequence)
        sequence = batch.last
        try send(batch.bytes)
        try awaitAnswers(name, wanted: batch.wanted) { _ in true }
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

    private func awaitAnswers(_ name: String, wanted: Set<UInt32>, _ each: (NetlinkMessage) -> Bool)
        throws(NetlinkError)
    {
        var answers = AnswerReader(name, wanted: wanted)
        while !answers.isComplete {
            let length: Int
            let number = number
            do {
                // With MSG_TRUNC the length is the datagram's, also where it is longer than the buffer.
                length = try check("recv", name) {
                    unsafe buffer.withUnsafeMutableBytes {
                        unsafe recv(number, $0.baseAddress, $0.count, Int32(MSG_TRUNC))
                    }
                }
            } catch {
                throw .system(error)
            }
            guard length <= buffer.count else { throw .malformed(request: name) }
            ByteView.with(buffer) { answers.read($0.slice(0, length), each) }
        }
        if let failure = answers.failure { throw failure }
    }
}
