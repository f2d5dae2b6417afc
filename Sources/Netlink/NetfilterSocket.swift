import CNetlink
import Glibc
import Host

/// A NETLINK_NETFILTER socket: requests with answers, dumps, and what is multicast to it.
package final class NetfilterSocket {
    private let channel: RequestChannel

    /// Opens a socket in the network namespace of the calling thread.
    package init() throws(NetlinkError) {
        let number = gh_netlink_open(NETLINK_NETFILTER)
        guard number >= 0 else { throw .system(SystemError("socket", "NETLINK_NETFILTER", code: -number)) }
        channel = RequestChannel(Descriptor(owning: number))
    }

    /// Takes over a socket that a supervisor kept.
    package init(adopting number: Int32) { channel = RequestChannel(Descriptor(owning: number)) }

    package var number: Int32 { channel.number }

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
        try channel.exchange(name, { _ in true }) {
            MessageBuilder.request(
                type: type, flags: NLM_F_ACK, sequence: $0, family: family, resource: resource, body)
        }
    }

    /// Sends one request and hands over each message that comes before its acknowledgement; `each` says whether it could
    /// read it.
    package func query(
        _ name: String, type: UInt16, each: (NetlinkMessage) -> Bool
    ) throws(NetlinkError) {
        try channel.exchange(name, each) { MessageBuilder.request(type: type, flags: NLM_F_ACK, sequence: $0) { _ in } }
    }

    /// Sends one request and hands over each message of the answer until its end; `each` says whether it could read it.
    package func dump(
        _ name: String, type: UInt16, family: UInt8 = 0, _ body: (inout MessageBuilder) -> Void,
        each: (NetlinkMessage) -> Bool
    ) throws(NetlinkError) {
        try channel.exchange(name, each) {
            MessageBuilder.request(type: type, flags: NLM_F_DUMP, sequence: $0, family: family, body)
        }
    }

    /// Sends several nftables messages as one transaction: all take effect at one instant, or none.
    package func transaction(_ name: String, _ messages: [(inout MessageBuilder, UInt32) -> Void]) throws(NetlinkError)
    {
        try channel.transact(name) { MessageBuilder.batch(messages, after: $0) }
    }
}
