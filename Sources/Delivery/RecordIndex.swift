import Host
import Model
import Records
import Spools

/// Where the records of some objects lie in the spool, found in one pass.
///
/// Objects are many and their records lie among each other's: a pass for each would read the spool as often, and one that copied
/// all records would hold them all. A place is eight bytes.
struct RecordIndex: Sendable {
    /// So many places are held at most: 32 MB.
    static let records = 4_000_000

    /// The records of one span and part that are wanted: a run of objects.
    private struct Side {
        let sequences: ClosedRange<UInt64>
        let part: ObjectPart
        let firstObject: Int
        var wanted: Range<Int>
        private var seen = 0

        init(sequences: ClosedRange<UInt64>, part: ObjectPart, firstObject: Int, wanted: Range<Int>) {
            self.sequences = sequences
            self.part = part
            self.firstObject = firstObject
            self.wanted = wanted
        }

        /// Counts a record of the interface; the object that it belongs to, if it is one of the wanted.
        mutating func take(_ direction: Direction) -> Int? {
            guard part.holds(direction) else { return nil }
            let ordinal = seen
            seen += 1
            guard wanted.contains(ordinal) else { return nil }
            return firstObject + (ordinal - wanted.lowerBound) / RoundObjects.recordLimit
        }
    }

    /// A segment's position in `segments`, and where in its file a record lies.
    private struct Place: Comparable {
        private let packed: UInt64

        init(segment: Int, offset: Int) { packed = UInt64(segment) << 40 | UInt64(offset) }
        var segment: Int { Int(packed >> 40) }
        var offset: Int { Int(packed & (1 << 40 - 1)) }
        static func < (left: Place, right: Place) -> Bool { left.packed < right.packed }
    }

    private let firstObject: Int
    /// Of each object, its records in the spool's order.
    private var places: [[Place]]
    /// The numbers in the names of the segments that hold them.
    private var segments: [UInt64] = []

    /// Looks for the records of objects that follow each other in their round.
    init(_ objects: ArraySlice<PlannedObject>, in spool: SpoolReader) throws(SystemError) {
        firstObject = objects.startIndex
        places = objects.map { object in
            var places: [Place] = []
            places.reserveCapacity(object.records.count)
            return places
        }
        var sides: [Side] = []
        var byInterface: [Identifier<Interface>: [Int]] = [:]
        var last: (interface: Identifier<Interface>, part: ObjectPart)?
        for (index, object) in objects.enumerated() {
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
        try find(&sides, byInterface, in: spool)
    }

    private mutating func find(
        _ sides: inout [Side], _ byInterface: [Identifier<Interface>: [Int]], in spool: SpoolReader
    ) throws(SystemError) {
        guard let first = sides.map(\.sequences.lowerBound).min(), let last = sides.map(\.sequences.upperBound).max()
        else { return }
        var interface: Identifier<Interface>?
        var wanted: [Int] = []
        try spool.forEachPart(from: first) { part in
            guard case .records(let block) = part else { return true }
            if segments.last != block.segment { segments.append(block.segment) }
            for index in 0..<block.count {
                let sequence = block.sequence(index)
                if sequence < first { continue }
                if sequence > last { return false }
                let present = block.interface(index)
                if present != interface { (interface, wanted) = (present, byInterface[present] ?? []) }
                for side in wanted where sides[side].sequences.contains(sequence) {
                    if let object = sides[side].take(block.direction(index)) {
                        places[object].append(Place(segment: segments.count - 1, offset: block.place(index)))
                    }
                }
            }
            return true
        }
    }

    /// The encoded records of some of the objects.
    ///
    /// A segment that went meanwhile leaves holes, which show in the number of records.
    func records(of objects: Range<Int>, from spool: SpoolReader) throws(SystemError) -> [[UInt8]] {
        var found: [[UInt8]] = []
        var wanted: [(place: Place, object: Int)] = []
        for (index, object) in objects.enumerated() {
            let places = places[object - firstObject]
            wanted += places.map { ($0, index) }
            var bytes: [UInt8] = []
            bytes.reserveCapacity(places.count * RecordCodec.size)
            found.append(bytes)
        }
        wanted.sort { $0.place < $1.place }
        var rest = wanted[...]
        while let segment = rest.first?.place.segment {
            let run = rest.prefix { $0.place.segment == segment }
            try spool.copyRecords(of: segments[segment], at: run.map(\.place.offset)) { index, record in
                found[run[run.startIndex + index].object].append(contentsOf: record)
            }
            rest = rest[run.endIndex...]
        }
        return found
    }
}
