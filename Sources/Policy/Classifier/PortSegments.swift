/// Divisions of the 65,536 ports into segments, many of them side by side, each found in a step or two.
///
/// A port's bucket, its magnitude with three more bits, leads to the few segments that begin near it: searching all
/// segments of a division would mispredict a branch or wait for memory at each step.
struct PortSegments: Sendable {
    private static let bucketCount = 112

    /// First port of each segment, ascending within a division.
    private var firstPorts: [UInt16] = []
    /// For each division the segment in which each bucket begins, and the last segment once more.
    private var hints: [Int32] = []

    /// Adds a division whose segments begin at these ports, ascending from 0; gives its number.
    mutating func add(startingAt ports: [UInt16]) -> Int32 {
        let number = Int32(hints.count / (Self.bucketCount + 1))
        let base = firstPorts.count
        var segment = 0
        for bucket in 0..<Self.bucketCount {
            let first = Self.firstPort(of: bucket)
            while segment + 1 < ports.count, ports[segment + 1] <= first { segment += 1 }
            hints.append(Int32(base + segment))
        }
        hints.append(Int32(base + ports.count - 1))
        firstPorts += ports
        return number
    }

    /// The segment of a division that holds a port.
    @inline(__always)
    func find(_ division: Int32, _ port: UInt16) -> Int {
        let hint = Int(division) &* (Self.bucketCount + 1) &+ Self.bucket(of: port)
        var base = Int(hints[hint])
        var count = Int(hints[hint &+ 1]) &- base &+ 1
        while count > 1 {
            let half = count >> 1
            base = base &+ half &* (firstPorts[base &+ half] <= port ? 1 : 0)
            count &-= half
        }
        return base
    }

    /// 0–15 by themselves, then eight buckets to each doubling.
    @inline(__always)
    static func bucket(of port: UInt16) -> Int {
        if port < 16 { return Int(port) }
        let magnitude = 15 &- port.leadingZeroBitCount
        return (magnitude &- 2) &* 8 &+ Int(port &>> UInt16(truncatingIfNeeded: magnitude &- 3) & 7)
    }

    static func firstPort(of bucket: Int) -> UInt16 {
        bucket < 16 ? UInt16(bucket) : UInt16((8 + bucket % 8) << (bucket / 8 - 1))
    }
}
