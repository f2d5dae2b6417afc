package import Model

/// A network device as the kernel tells of it (RTM_NEWLINK).
///
/// Facts from linux/if_link.h.
package struct NetworkDevice: Equatable, Sendable {
    package var number: UInt32
    package var name: String
    /// Further names (`ip link property add altname`).
    package var alternativeNames: [String] = []
    package var isUp = false
    /// Its Ethernet address; nil where it has none.
    package var mac: MACAddress?
    /// The number of the device that it leads to: of a veth its peer, in whatever namespace that one is; 0 for none.
    package var peer: UInt32 = 0
    /// What made it: `veth`, `tun`, `bridge`; nil for hardware.
    package var kind: String?
    /// The device that it is a part of (a bridge, a bond), and that one's kind; 0 for none.
    package var master: UInt32 = 0
    package var masterKind: String?
    /// What a bridge does with frames; nil of other devices.
    package var bridge: BridgeOptions?
    /// What it took from the wire or its peer, and what it gave there, since it was made.
    package var received = Traffic.zero
    package var sent = Traffic.zero

    /// Options of a bridge (IFLA_BR_…).
    package struct BridgeOptions: Equatable, Sendable {
        /// Whether it tells VLANs apart.
        package var filtersVLANs = false
        /// Whether its own switches hand IPv4 and IPv6 frames to the hooks of routed packets.
        package var callsIPv4 = false
        package var callsIPv6 = false

        package init() {}
    }

    package init(number: UInt32, name: String) {
        self.number = number
        self.name = name
    }
}

extension NetworkDevice {
    /// Reads an RTM_NEWLINK; nil where it is cut off or names nothing.
    ///
    /// `ifinfomsg`: family, pad, type (2), index (4), flags (4), change (4).
    init?(_ view: ByteView) {
        self.init(number: view.load(4), name: "")
        // IFF_UP
        isUp = view.load(8, as: UInt32.self) & 1 == 1
        let isWhole = view.forEachAttribute(after: 16) { attribute in
            switch attribute.type {
            case 1:  // IFLA_ADDRESS
                guard attribute.payload.count == 6 else { break }
                mac = MACAddress(bits: attribute.payload.array.reduce(0) { $0 << 8 | UInt64($1) })
            case 3: name = attribute.payload.text  // IFLA_IFNAME
            case 5:  // IFLA_LINK
                guard attribute.payload.count == 4 else { return false }
                peer = attribute.payload.load(0)
            case 10:  // IFLA_MASTER
                guard attribute.payload.count == 4 else { return false }
                master = attribute.payload.load(0)
            case 18: return readKinds(attribute.payload)  // IFLA_LINKINFO
            case 23: return readCounts(attribute.payload)  // IFLA_STATS64
            case 52: return readNames(attribute.payload)  // IFLA_PROP_LIST
            default: break
            }
            return true
        }
        guard isWhole, !name.isEmpty else { return nil }
    }

    private mutating func readKinds(_ view: ByteView) -> Bool {
        view.forEachAttribute(after: 0) { attribute in
            switch attribute.type {
            case 1: kind = attribute.payload.text  // IFLA_INFO_KIND
            case 2 where kind == "bridge": return readBridge(attribute.payload)  // IFLA_INFO_DATA
            case 4: masterKind = attribute.payload.text  // IFLA_INFO_SLAVE_KIND
            default: break
            }
            return true
        }
    }

    private mutating func readBridge(_ view: ByteView) -> Bool {
        var options = BridgeOptions()
        let isWhole = view.forEachAttribute(after: 0) { attribute in
            let place: WritableKeyPath<BridgeOptions, Bool>
            switch attribute.type {
            case 7: place = \.filtersVLANs  // IFLA_BR_VLAN_FILTERING
            case 36: place = \.callsIPv4  // IFLA_BR_NF_CALL_IPTABLES
            case 37: place = \.callsIPv6  // IFLA_BR_NF_CALL_IP6TABLES
            default: return true
            }
            guard attribute.payload.count == 1 else { return false }
            options[keyPath: place] = attribute.payload.load(0, as: UInt8.self) != 0
            return true
        }
        bridge = options
        return isWhole
    }

    /// `rtnl_link_stats64` begins with packets and bytes, each received and then sent.
    private mutating func readCounts(_ view: ByteView) -> Bool {
        guard view.count >= 32 else { return false }
        received = Traffic(packets: view.load(0), bytes: view.load(16))
        sent = Traffic(packets: view.load(8), bytes: view.load(24))
        return true
    }

    private mutating func readNames(_ view: ByteView) -> Bool {
        view.forEachAttribute(after: 0) { attribute in
            if attribute.type == 53 { alternativeNames.append(attribute.payload.text) }  // IFLA_ALT_IFNAME
            return true
        }
    }
}

extension ByteView {
    /// What comes before the first zero.
    var text: String { String(decoding: array.prefix { $0 != 0 }, as: UTF8.self) }

    /// Hands over each attribute behind a fixed head; false where one is cut off, or `body` says so.
    func forEachAttribute(after head: Int, _ body: (Attribute) -> Bool) -> Bool {
        guard count >= head else { return false }
        var attributes = AttributeCursor(slice(head, count))
        while let attribute = attributes.next() {
            guard body(attribute) else { return false }
        }
        return !attributes.isMalformed
    }
}
