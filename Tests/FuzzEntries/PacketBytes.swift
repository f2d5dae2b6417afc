/// Packets as they are on a wire, made part by part.
package enum PacketBytes {
    package static func big16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
    package static func big32(_ value: Int) -> [UInt8] { big16(value >> 16 & 0xffff) + big16(value & 0xffff) }

    package static func ethernet(_ type: Int, _ rest: [UInt8]) -> [UInt8] {
        [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2] + big16(type) + rest
    }

    /// An IPv4 packet between `10.0.0.source` and `10.0.0.target`.
    package static func ipv4(
        _ source: UInt8, _ target: UInt8, _ transport: UInt8, _ rest: [UInt8], identifier: Int = 7, fragment: Int = 0,
        options: [UInt8] = [], length: Int? = nil
    ) -> [UInt8] {
        let header = 20 + options.count
        return [UInt8(0x40 + header / 4), 0] + big16(length ?? header + rest.count) + big16(identifier)
            + big16(fragment) + [64, transport, 0, 0, 10, 0, 0, source, 10, 0, 0, target] + options + rest
    }

    /// An IPv6 packet between `fd00::source` and `fd00::target`.
    package static func ipv6(
        _ source: UInt8, _ target: UInt8, _ next: UInt8, _ rest: [UInt8], length: Int? = nil
    ) -> [UInt8] {
        let address = { (last: UInt8) in [0xfd] + [UInt8](repeating: 0, count: 14) + [last] }
        return [0x60, 0, 0, 0] + big16(length ?? rest.count) + [next, 64] + address(source) + address(target) + rest
    }

    package static func tcp(_ source: Int, _ target: Int, _ flags: UInt8, count: Int = 0) -> [UInt8] {
        big16(source) + big16(target) + big32(1) + big32(2) + [0x50, flags, 1, 0, 0, 0, 0, 0]
            + [UInt8](repeating: 0x61, count: count)
    }

    package static func udp(_ source: Int, _ target: Int, count: Int) -> [UInt8] {
        big16(source) + big16(target) + big16(8 + count) + [0, 0] + [UInt8](repeating: 0x62, count: count)
    }

    package static func icmp(_ type: UInt8, _ code: UInt8, identifier: Int) -> [UInt8] {
        [type, code, 0, 0] + big16(identifier) + [0, 1, 9, 9]
    }
}
