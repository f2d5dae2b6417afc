import Model
import Netlink
import TestSupport
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

    @Test func `the table agrees with a dictionary through a long life`() {
        var random = SplitMix64(seed: 7)
        var table = FlowTable()
        var wanted: [Int: UInt64] = [:]
        for step in 1...200_000 as ClosedRange<UInt64> {
            // Few keys, so that each comes, goes and comes again, and a table as full as it may be.
            let number = Int.random(in: 0..<3_500, using: &random)
            switch table.find(slot(number)) {
            case let place? where Int.random(in: 0..<3, using: &random) == 0:
                table.remove(at: place)
                wanted[number] = nil
            case let place?:
                #expect(table[place].recordedOriginal.bytes == wanted[number])
            case nil:
                #expect(wanted[number] == nil)
                if step % 4 == 0 { table.expect([slot(number).hash]) }
                table[table.findOrInsert(slot(number))].recordedOriginal.bytes = step
                wanted[number] = step
            }
        }
        var found: [Int: UInt64] = [:]
        table.forEach { found[Int($0.start)] = $0.recordedOriginal.bytes }
        #expect(found == wanted)
        #expect(table.count == wanted.count)
    }
}
