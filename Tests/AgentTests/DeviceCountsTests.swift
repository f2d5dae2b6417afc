import Model
import Netlink
import Testing

@testable import Agent

@Suite struct DeviceCountsTests {
    private func device(_ number: UInt32 = 5, out: Traffic, into: Traffic = .zero) -> NetworkDevice {
        var device = NetworkDevice(number: number, name: "tap0")
        (device.received, device.sent) = (out, into)
        return device
    }

    /// Differences after packets that the device and the rules counted.
    private func differences(device moved: Traffic, rules: Traffic, isOut: Bool = true) -> [DeviceCounts.Difference] {
        var counts = DeviceCounts()
        _ = counts.compare([device(out: .zero)], rules: [:], now: 1)
        return counts.compare(
            [isOut ? device(out: moved) : device(out: .zero, into: moved)],
            rules: ["tap0": isOut ? .init(out: rules) : .init(into: rules)], now: 2)
    }

    @Test(arguments: [true, false])
    func `what passes rules by is told with both numbers`(isOut: Bool) throws {
        let found = differences(
            device: Traffic(packets: 1000, bytes: 114_000), rules: Traffic(packets: 500, bytes: 50_000), isOut: isOut)
        #expect(found.count == 1)
        #expect(
            found.first?.words.hasPrefix(
                "the guest of tap0 \(isOut ? "sent" : "got") 1000 packets, and rules saw 500: ")
                == true)
    }

    @Test func `upkeep, joined segments and equal counts are no difference`() {
        // ARP and neighbour discovery.
        #expect(differences(device: Traffic(packets: 60, bytes: 3600), rules: .zero) == [])
        // 64,000 bytes in segments of 1,500, which came to the rules as two.
        #expect(
            differences(
                device: Traffic(packets: 440, bytes: 666_000), rules: Traffic(packets: 20, bytes: 640_000)) == [])
        #expect(
            differences(
                device: Traffic(packets: 9000, bytes: 9000 * 114), rules: Traffic(packets: 9000, bytes: 900_000)) == [])
    }

    @Test func `a device that was made anew, and counters that began anew, are not compared`() {
        var counts = DeviceCounts()
        _ = counts.compare([device(out: Traffic(packets: 5000, bytes: 500_000))], rules: [:], now: 1)
        #expect(counts.compare([device(6, out: Traffic(packets: 5000, bytes: 500_000))], rules: [:], now: 2) == [])
        #expect(counts.compare([device(6, out: Traffic(packets: 10, bytes: 1000))], rules: [:], now: 3) == [])
    }
}
