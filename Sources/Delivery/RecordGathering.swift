import Capture
import Host
import Model
import Records

/// Fetches the records of some objects from the spool in one pass, still encoded.
struct RecordGathering {
    /// So many records are gathered at most in one pass, which bounds the memory that they take.
    static let records = 40_000

    /// The records of one span and part that are wanted: a run of objects.
    private struct Side {
        let sequences: ClosedRange<UInt64>
        let part: FlowObjectFormat.Part
        let firstObject: Int
        var wanted: Range<Int>
        var seen = 0
    }

    private var sides: [Side] = []
    private var byInterface: [Identifier<Interface>: [Int]] = [:]
    /// Of each object, its records.
    private var found: [[UInt8]] = []

    /// The records of the objects, which follow each other in their round.
    static func gather(
        _ objects: ArraySlice<PlannedObject>, from spool: SpoolReader
    ) throws(SystemError) -> [[UInt8]] {
        var gathering = RecordGathering(objects)
        try gathering.read(spool)
        return gathering.found
    }

    private init(_ objects: ArraySlice<PlannedObject>) {
        var last: (interface: Identifier<Interface>, part: FlowObjectFormat.Part)?
        for (index, object) in objects.enumerated() {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(object.records.count * RecordCodec.size)
            found.append(bytes)
            guard !object.records.isEmpty, let sequences = object.span.sequences else { continue }
            if let last, last == (object.span.interface, object.part) {
                sides[sides.count - 1].wanted = sides[sides.count - 1].wanted.lowerBound..<object.records.upperBound
            } else {
                byInterface[object.span.interface, default: []].append(sides.count)
                sides.append(
                    Side(sequences: sequences, part: object.part, firstObject: index, wanted: object.records))
            }
            last = (object.span.interface, object.part)
        }
    }

    private mutating func read(_ spool: SpoolReader) throws(SystemError) {
        guard let first = sides.map(\.sequences.lowerBound).min(), let last = sides.map(\.sequences.upperBound).max()
        else { return }
        var interface: Identifier<Interface>?
        var wanted: [Int] = []
        // What the survey counted was committed.
        try spool.forEachPart(from: first, verifies: false) { part in
            guard case .records(let block) = part else { return true }
            for index in 0..<block.count {
                let sequence = block.sequence(index)
                if sequence < first { continue }
                if sequence > last { return false }
                let present = block.interface(index)
                if present != interface { (interface, wanted) = (present, byInterface[present] ?? []) }
                for side in wanted { take(block, index, sequence, side) }
            }
            return true
        }
    }

    private mutating func take(_ block: RecordBlock, _ index: Int, _ sequence: UInt64, _ side: Int) {
        guard sides[side].sequences.contains(sequence), sides[side].part.holds(block.direction(index)) else { return }
        let ordinal = sides[side].seen
        sides[side].seen += 1
        guard sides[side].wanted.contains(ordinal) else { return }
        let object = sides[side].firstObject + (ordinal - sides[side].wanted.lowerBound) / RoundObjects.recordLimit
        block.append(index, to: &found[object])
    }
}
