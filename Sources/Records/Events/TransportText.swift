import Model

/// The transport header of a packet in Neutron's words, and the bytes after it.
struct TransportText {
    let packet: [UInt8]
    /// From the transport header to the end of the packet, as far as it was captured.
    let range: Range<Int>

    /// Writes `, tcp(…)` and the rest; a header that is unknown or not whole is part of the rest.
    func append(_ transport: TransportProtocol?, to line: inout ByteLine) {
        switch transport {
        case .tcp? where range.count >= 20 && packet[range.lowerBound + 12] >> 4 >= 5: appendTCP(to: &line)
        case .udp? where range.count >= 8: appendUDP(to: &line)
        case .icmp? where range.count >= 4:
            appendICMP(", icmp(code=", type: ",type=", isEcho: [0, 8].contains(packet[range.lowerBound]), to: &line)
        case .icmpv6? where range.count >= 4:
            appendICMP(
                ", icmpv6(code=", type: ",type_=", isEcho: [128, 129].contains(packet[range.lowerBound]), to: &line)
        case .sctp? where range.count >= 12: appendSCTP(to: &line)
        default: appendRest(from: range.lowerBound, to: &line)
        }
    }

    private func appendRest(from start: Int, to line: inout ByteLine) {
        guard start < range.upperBound else { return }
        line.append(", ")
        line.append(pythonBytes: packet[start..<range.upperBound])
    }

    private func append(_ key: String, wordAt offset: Int, to line: inout ByteLine) {
        line.append(key)
        line.append(decimal: UInt64(packet.word(at: range.lowerBound + offset)))
    }

    private func append(_ key: String, doubleWordAt offset: Int, to line: inout ByteLine) {
        line.append(key)
        line.append(decimal: UInt64(packet.doubleWord(at: range.lowerBound + offset)))
    }

    private func appendTCP(to line: inout ByteLine) {
        let start = range.lowerBound
        let words = Int(packet[start + 12] >> 4)
        let headerEnd = min(start + 4 * words, range.upperBound)
        append(", tcp(ack=", doubleWordAt: 8, to: &line)
        line.append(",bits=")
        line.append(decimal: UInt64(packet[start + 13]))
        append(",csum=", wordAt: 16, to: &line)
        append(",dst_port=", wordAt: 2, to: &line)
        line.append(",offset=")
        line.append(decimal: UInt64(words))
        line.append(",option=")
        if headerEnd > start + 20 {
            TCPOptionText(packet: packet, range: start + 20..<headerEnd).append(to: &line)
        } else {
            line.append("None")
        }
        append(",seq=", doubleWordAt: 4, to: &line)
        append(",src_port=", wordAt: 0, to: &line)
        append(",urgent=", wordAt: 18, to: &line)
        append(",window_size=", wordAt: 14, to: &line)
        line.append(UInt8(ascii: ")"))
        appendRest(from: headerEnd, to: &line)
    }

    private func appendUDP(to line: inout ByteLine) {
        append(", udp(csum=", wordAt: 6, to: &line)
        append(",dst_port=", wordAt: 2, to: &line)
        append(",src_port=", wordAt: 0, to: &line)
        append(",total_length=", wordAt: 4, to: &line)
        line.append(UInt8(ascii: ")"))
        appendRest(from: range.lowerBound + 8, to: &line)
    }

    /// Writes an echo with its id and sequence, any other message with the bytes after its checksum.
    private func appendICMP(_ opening: String, type: String, isEcho: Bool, to line: inout ByteLine) {
        line.append(opening)
        line.append(decimal: UInt64(packet[range.lowerBound + 1]))
        append(",csum=", wordAt: 2, to: &line)
        line.append(",data=")
        if isEcho, range.count >= 8 {
            line.append("echo(data=")
            appendData(from: range.lowerBound + 8, to: &line)
            append(",id=", wordAt: 4, to: &line)
            append(",seq=", wordAt: 6, to: &line)
            line.append(UInt8(ascii: ")"))
        } else {
            appendData(from: range.lowerBound + 4, to: &line)
        }
        line.append(type)
        line.append(decimal: UInt64(packet[range.lowerBound]))
        line.append(UInt8(ascii: ")"))
    }

    private func appendSCTP(to line: inout ByteLine) {
        line.append(", sctp(chunks=")
        appendData(from: range.lowerBound + 12, to: &line)
        append(",csum=", doubleWordAt: 8, to: &line)
        append(",dst_port=", wordAt: 2, to: &line)
        append(",src_port=", wordAt: 0, to: &line)
        append(",vtag=", doubleWordAt: 4, to: &line)
        line.append(UInt8(ascii: ")"))
    }

    private func appendData(from start: Int, to line: inout ByteLine) {
        if start < range.upperBound {
            line.append(pythonBytes: packet[start..<range.upperBound])
        } else {
            line.append("None")
        }
    }
}
