import Archive
import Model
import Testing

@testable import Investigation

/// What detections remember by.
@Suite struct GroundTests {
    @Test func `distinct values are counted exactly up to 64`() {
        var count = DistinctCount()
        for value in 0..<UInt64(200) { count.insert(Mixing.key(value % 64)) }
        #expect(count.count == 64)
        #expect(count.isExact)
    }

    @Test(arguments: [1000, 50_000, 400_000]) func `many distinct values are estimated within a tenth`(most: Int) {
        var count = DistinctCount()
        for value in 0..<UInt64(most) { count.insert(Mixing.key(value)) }
        #expect(abs(Double(count.count) / Double(most) - 1) < 0.1, "\(count.count) of \(most)")
    }

    @Test func `a table forgets what was seen longest ago`() {
        var table = AgingTable<Int>(capacity: 1500, horizon: 1 << 40, empty: 0)
        for number in 1...3000 {
            let slot = table.slot(Mixing.key(UInt64(number)), at: Int64(number)).index
            table.values[slot] = number
        }
        #expect(table.evicted > 0)
        #expect(table.find(Mixing.key(UInt64(1)), at: 3000) == nil)
        let last = table.find(Mixing.key(UInt64(3000)), at: 3000)
        #expect(last.map { table.values[$0] } == 3000)
    }

    @Test func `an entry beyond its horizon is a new one`() {
        var table = AgingTable<Int>(capacity: 100, horizon: 10, empty: 0)
        let slot = table.slot(7, at: 0)
        table.values[slot.index] = 5
        #expect(!table.slot(7, at: 10).isNew)
        let late = table.slot(7, at: 21)
        #expect(late.isNew)
        #expect(table.values[late.index] == 0)
    }

    @Test(arguments: ["10.1.2.3", "172.31.0.1", "192.168.0.9", "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"])
    func `private addresses are the network's own`(text: String) throws {
        #expect(AddressKind.isPrivate(UInt128(try #require(IPAddress(text)))))
    }

    @Test(arguments: ["8.8.8.8", "172.32.0.1", "100.128.0.1", "203.0.113.9", "2001:db8::1"])
    func `others are not`(text: String) throws {
        #expect(!AddressKind.isPrivate(UInt128(try #require(IPAddress(text)))))
    }

    @Test func `a list holds addresses and prefixes`() throws {
        let list = ListedAddresses(
            name: "l", try ["198.51.100.0/24", "203.0.113.9", "2001:db8::/32"].map { try IPPrefix(parsing: $0) })
        for (text, isListed) in [
            ("198.51.100.77", true), ("203.0.113.9", true), ("203.0.113.8", false), ("2001:db8:1::1", true),
            ("198.51.101.0", false),
        ] {
            #expect(list.contains(UInt128(try #require(IPAddress(text)))) == isListed, "\(text)")
        }
    }
}
