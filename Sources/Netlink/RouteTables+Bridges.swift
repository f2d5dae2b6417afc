import CNetlink

extension RouteTables {
    /// Has a bridge hand its IPv4 and IPv6 frames to the hooks of routed packets, whatever the switches of all bridges say
    /// (`ip link set DEVICE type bridge nf_call_iptables 1 nf_call_ip6tables 1`).
    ///
    /// * `number`: the bridge's.
    package func handOver(_ number: UInt32) throws(NetlinkError) {
        try channel.exchange("the switches of bridge \(number)") { _ in
            true
        } _: {
            // RTM_NEWLINK, NLM_F_ACK
            MessageBuilder.request(type: 16, flags: 4, sequence: $0) { builder in
                // The rest of `ifinfomsg`: index (4), flags (4), change (4).
                let index = (0..<4).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
                builder.header(index + [UInt8](repeating: 0, count: 8))
                builder.nested(18) {  // IFLA_LINKINFO
                    $0.attribute(1, text: "bridge")  // IFLA_INFO_KIND
                    $0.nested(2) {  // IFLA_INFO_DATA
                        $0.attribute(36, [1])  // IFLA_BR_NF_CALL_IPTABLES
                        $0.attribute(37, [1])  // IFLA_BR_NF_CALL_IP6TABLES
                    }
                }
            }
        }
    }
}
