/// The options of a TCP header in Neutron's words: `[TCPOptionMaximumSegmentSize(kind=2,length=4,max_seg_size=1460)]`.
struct TCPOptionText {
    let packet: [UInt8]
    /// From the end of the fixed header to that of the options, as far as it was captured.
    let range: Range<Int>

    /// Writes the list; what follows a broken option is its last element, as bytes.
    func append(to line: inout ByteLine) {
        line.append(UInt8(ascii: "["))
        var index = range.lowerBound
        while index < range.upperBound {
            if index > range.lowerBound { line.append(", ") }
            let kind = packet[index]
            if kind < 2 {
                // The two options without a length byte; the end of the list ends it, whatever follows is padding.
                line.append(kind == 0 ? "TCPOptionEndOfOptionList" : "TCPOptionNoOperation")
                line.append(kind == 0 ? "(kind=0,length=1)" : "(kind=1,length=1)")
                if kind == 0 { break }
                index += 1
                continue
            }
            let length = index + 1 < range.upperBound ? Int(packet[index + 1]) : 0
            guard length >= 2, index + length <= range.upperBound else {
                line.append(pythonBytes: packet[index..<range.upperBound])
                break
            }
            append(index..<index + length, to: &line)
            index += length
        }
        line.append(UInt8(ascii: "]"))
    }

    private func append(_ option: Range<Int>, to line: inout ByteLine) {
        let start = option.lowerBound
        switch (packet[start], option.count) {
        case (2, 4):
            line.append("TCPOptionMaximumSegmentSize(kind=2,length=4,max_seg_size=")
            line.append(decimal: UInt64(packet.word(at: start + 2)))
        case (3, 3):
            line.append("TCPOptionWindowScale(kind=3,length=3,shift_cnt=")
            line.append(decimal: UInt64(packet[start + 2]))
        case (4, 2):
            line.append("TCPOptionSACKPermitted(kind=4,length=2")
        case (8, 10):
            line.append("TCPOptionTimestamps(kind=8,length=10,ts_ecr=")
            line.append(decimal: UInt64(packet.doubleWord(at: start + 6)))
            line.append(",ts_val=")
            line.append(decimal: UInt64(packet.doubleWord(at: start + 2)))
        case (let kind, let length):
            line.append("TCPOptionUnknown(kind=")
            line.append(decimal: UInt64(kind))
            line.append(",length=")
            line.append(decimal: UInt64(length))
            line.append(",value=")
            if length > 2 {
                line.append(pythonBytes: packet[start + 2..<option.upperBound])
            } else {
                line.append("None")
            }
        }
        line.append(UInt8(ascii: ")"))
    }
}
