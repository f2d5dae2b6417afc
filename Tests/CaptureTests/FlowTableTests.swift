import Model
import Netlink
import Testing

@testable import Capture

@Suite struct FlowTableTests {
    private func slot(_ number: Int) -> FlowSlot {
        var tuple = ConnectionTuple()
        tuple.sourceLow = UInt64(number % 1000)
        tuple.targetLow = UInt64(number / 1000)
        tuple.transport = 6
        tuple.sourcePort = UInt16(truncatingIfNeeded: number)
        return FlowSlot(tuple, start: Int64(number))
    }

    @Test func `sessions are found again through growth, removal and reuse of places`() {
        var table = FlowTable()
        for number in 0..<20_000 {
            let place = table.findOrInsert(slot(number))
            table[place].recordedOriginal.packets = UInt64(number)
        }
        #expect(table.count == 20_000)
        for number in stride(from: 0, to: 20_000, by: 2) {
            if let place = table.find(slot(number)) { table.remove(at: place) }
        }
        #expect(table.count == 10_000)
        for number in 20_000..<50_000 { _ = table.findOrInsert(slot(number)) }
        let found = (0..<20_000).filter {
            table.find(slot($0)).map { table[$0].recordedOriginal.packets } == UInt64($0)
        }
        #expect(found == Array(stride(from: 1, to: 20_000, by: 2)))
        #expect(table.count == 40_000)
        table.removeAll { $0.start >= 20_000 }
        #expect(table.count == 10_000)
        #expect(table.find(slot(19_999)) != nil)
        #expect(table.find(slot(30_000)) == nil)
    }
}
