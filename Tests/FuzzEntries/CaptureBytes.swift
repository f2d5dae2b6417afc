/// A capture file, made packet by packet.
package struct CaptureBytes {
    package enum Layout: Hashable, Sendable, CaseIterable {
        case littleMicroseconds
        case bigMicroseconds
        case littleNanoseconds
        case bigNanoseconds
        case littleBlocks
        case bigBlocks

        var isLittle: Bool { [.littleMicroseconds, .littleNanoseconds, .littleBlocks].contains(self) }
        package var isBlocks: Bool { [.littleBlocks, .bigBlocks].contains(self) }
    }

    package private(set) var bytes: [UInt8] = []
    private let layout: Layout

    /// Begins a file; one of blocks has an interface without options, unless there is no link.
    package init(_ layout: Layout = .littleMicroseconds, link: Int? = 1) {
        self.layout = layout
        if layout.isBlocks {
            addSection()
            if let link { addInterface(link) }
            return
        }
        let isFine = [.littleNanoseconds, .bigNanoseconds].contains(layout)
        bytes += number32(isFine ? 0xa1b2_3c4d : 0xa1b2_c3d4) + number16(2) + number16(4)
        bytes += number32(0) + number32(0) + number32(65_535) + number32(link ?? 1)
    }

    /// Adds a packet; of a block file as an enhanced packet.
    package mutating func add(_ packet: [UInt8], at instant: Int, original: Int? = nil, interface: Int = 0) {
        let lengths = number32(packet.count) + number32(original ?? packet.count)
        switch layout {
        case .littleMicroseconds, .bigMicroseconds:
            bytes += number32(instant / 1_000_000) + number32(instant % 1_000_000) + lengths + packet
        case .littleNanoseconds, .bigNanoseconds:
            bytes += number32(instant / 1_000_000) + number32(instant % 1_000_000 * 1000 + 999) + lengths + packet
        case .littleBlocks, .bigBlocks:
            addBlock(6, number32(interface) + number32(instant >> 32) + number32(instant) + lengths + padded(packet))
        }
    }

    package mutating func addSection() {
        addBlock(0x0a0d_0d0a, number32(0x1a2b_3c4d) + number16(1) + number16(0) + [UInt8](repeating: 255, count: 8))
    }

    package mutating func addInterface(_ link: Int, snapLength: Int = 0, options: [(code: Int, value: [UInt8])] = []) {
        addBlock(1, number16(link) + number16(0) + number32(snapLength) + options.flatMap { option($0.code, $0.value) })
    }

    package mutating func addSimple(_ packet: [UInt8]) { addBlock(3, number32(packet.count) + padded(packet)) }

    /// Adds what an interface missed since the capture's beginning.
    package mutating func addStatistics(drops: Int, at instant: Int) {
        let count = number32(layout.isLittle ? drops : 0) + number32(layout.isLittle ? 0 : drops)
        addBlock(5, number32(0) + number32(instant >> 32) + number32(instant) + option(5, count))
    }

    package mutating func addBlock(_ type: Int, _ body: [UInt8]) {
        let length = number32(body.count + 12)
        bytes += number32(type) + length + body + length
    }

    package mutating func addRaw(_ raw: [UInt8]) { bytes += raw }

    private func option(_ code: Int, _ value: [UInt8]) -> [UInt8] {
        number16(code) + number16(value.count) + padded(value)
    }

    private func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
    }

    private func number16(_ value: Int) -> [UInt8] {
        layout.isLittle ? PacketBytes.big16(value).reversed() : PacketBytes.big16(value)
    }

    private func number32(_ value: Int) -> [UInt8] {
        layout.isLittle ? PacketBytes.big32(value).reversed() : PacketBytes.big32(value)
    }
}
