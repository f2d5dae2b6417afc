import Testing

@testable import Policy

@Suite struct PortSegmentsTests {
    @Test func `buckets are contiguous from the first port to the last`() {
        var last = -1
        for port in UInt16.min...UInt16.max {
            let bucket = PortSegments.bucket(of: port)
            if bucket != last {
                #expect(bucket == last + 1)
                #expect(PortSegments.firstPort(of: bucket) == port)
            }
            last = bucket
        }
        #expect(last == 111)
    }

    @Test(arguments: [
        [0], [0, 1], [0, 65535], [0, 15, 16, 17, 18, 31, 32, 33, 443, 444, 1024, 65535], [0, 40000, 40001],
    ])
    func `each port is in the segment that begins last before it`(starts: [UInt16]) {
        var segments = PortSegments()
        _ = segments.add(startingAt: [0, 7, 80])
        let division = segments.add(startingAt: starts)
        _ = segments.add(startingAt: [0])
        var expected = 2
        for port in UInt16.min...UInt16.max {
            if starts.contains(port) { expected += 1 }
            let found = segments.find(division, port)
            if found != expected {
                Issue.record("port \(port) is in segment \(found), not \(expected)")
                return
            }
        }
    }
}
