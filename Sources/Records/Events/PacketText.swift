import Model

/// The layers of a packet in Neutron's words: `ethernet(…), ipv4(…), tcp(…), b'…'`.
struct PacketText {
    private let packet: [UInt8]
    private let layout: PacketLayout

    init(_ packet: [UInt8]) {
        self.packet = packet
        self.layout = PacketLayout(packet)
    }

    func append(_ event: SessionEvent, to line: inout ByteLine) {
        line.append("ethernet(dst=")
        append(event.targetMAC, to: &line)
        line.append((layout.family ?? event.key.initiator.family) == .ipv4 ? ",ethertype=2048" : ",ethertype=34525")
        line.append(",src=")
        append(event.sourceMAC, to: &line)
        line.append(UInt8(ascii: ")"))
        switch layout.family {
        case .ipv4: appendIPv4(to: &line)
        case .ipv6: appendIPv6(to: &line)
        case nil: break
        }
        let payload = TransportText(packet: packet, range: layout.headerEnd..<max(layout.headerEnd, layout.end))
        payload.append(layout.transport, to: &line)
    }

    private func append(_ address: MACAddress?, to line: inout ByteLine) {
        guard let address else {
            line.append("None")
            return
        }
        line.append(UInt8(ascii: "'"))
        line.append(address)
        line.append(UInt8(ascii: "'"))
    }

    private func appendIPv4(to line: inout ByteLine) {
        line.append(", ipv4(csum=")
        line.append(decimal: UInt64(packet.word(at: 10)))
        line.append(",dst='")
        line.append(ipv4: packet.doubleWord(at: 16))
        line.append("',flags=")
        line.append(decimal: UInt64(packet[6] >> 5))
        line.append(",header_length=")
        line.append(decimal: UInt64(packet[0] & 0xf))
        line.append(",identification=")
        line.append(decimal: UInt64(packet.word(at: 4)))
        line.append(",offset=")
        line.append(decimal: UInt64(packet.word(at: 6) & 0x1fff))
        line.append(",option=")
        if layout.headerEnd > 20 {
            line.append(pythonBytes: packet[20..<layout.headerEnd])
        } else {
            line.append("None")
        }
        line.append(",proto=")
        line.append(decimal: UInt64(packet[9]))
        line.append(",src='")
        line.append(ipv4: packet.doubleWord(at: 12))
        line.append("',tos=")
        line.append(decimal: UInt64(packet[1]))
        line.append(",total_length=")
        line.append(decimal: UInt64(packet.word(at: 2)))
        line.append(",ttl=")
        line.append(decimal: UInt64(packet[8]))
        line.append(",version=4)")
    }

    private func appendIPv6(to line: inout ByteLine) {
        line.append(", ipv6(dst='")
        append(ipv6At: 24, to: &line)
        line.append("',ext_hdrs=[")
        for (index, header) in layout.extensions.enumerated() {
            if index > 0 { line.append(", ") }
            line.append(Self.extensionName(header.number))
            line.append("(nxt=")
            line.append(decimal: UInt64(packet[header.range.lowerBound]))
            line.append(",size=")
            line.append(decimal: UInt64(header.range.count))
            line.append(UInt8(ascii: ")"))
        }
        line.append("],flow_label=")
        line.append(decimal: UInt64(packet.doubleWord(at: 0) & 0xfffff))
        line.append(",hop_limit=")
        line.append(decimal: UInt64(packet[7]))
        line.append(",nxt=")
        line.append(decimal: UInt64(packet[6]))
        line.append(",payload_length=")
        line.append(decimal: UInt64(packet.word(at: 4)))
        line.append(",src='")
        append(ipv6At: 8, to: &line)
        line.append("',traffic_class=")
        line.append(decimal: UInt64(packet.doubleWord(at: 0) >> 20 & 0xff))
        line.append(",version=6)")
    }

    private func append(ipv6At index: Int, to line: inout ByteLine) {
        let high = UInt64(packet.doubleWord(at: index)) << 32 | UInt64(packet.doubleWord(at: index + 4))
        let low = UInt64(packet.doubleWord(at: index + 8)) << 32 | UInt64(packet.doubleWord(at: index + 12))
        line.append(ipv6High: high, low: low)
    }

    private static func extensionName(_ number: UInt8) -> String {
        switch number {
        case 0: "hop_opts"
        case 43: "routing"
        case 44: "fragment"
        case 51: "auth"
        default: "dst_opts"
        }
    }
}
