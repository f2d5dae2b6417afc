import Foundation

/// What a generated day is drawn from: 10,000 interfaces in 50 VPCs, two million addresses outside, 60 services and 2,000
/// rules, each with a long tail; and draws that are the same for the same seed.
struct Population {
    static let vpcs = 50
    static let interfaceCount = 10_000

    /// Shares by rank, summed up: the rank `r` has 1/rˢ.
    struct Tail {
        private let sums: [Double]

        init(_ count: Int, _ slope: Double) {
            var sum = 0.0
            let sums = (1...count).map { rank in
                sum += 1 / pow(Double(rank), slope)
                return sum
            }
            self.sums = sums.map { $0 / sum }
        }

        /// The rank, from 0, at a number from 0 to 1.
        func rank(at place: Double) -> Int {
            var (low, high) = (0, sums.count - 1)
            while low < high {
                let middle = (low + high) / 2
                if sums[middle] < place { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    static let ports: [Int64] = [
        443, 80, 53, 5432, 22, 6379, 9092, 3306, 8080, 123, 9200, 8443, 2379, 6443, 10250, 27017, 11211, 5672, 8125,
        9090,
        9100, 389, 636, 88, 25, 587, 993, 445, 2049, 111, 5044, 514, 4222, 8086, 9042, 7000, 7946, 8301, 8500, 4789,
        3000,
        5000, 8000, 8888, 9000, 9443, 50051, 1433, 1521, 5671, 15672, 26379, 61616, 1883, 8883, 5601, 9300, 24224, 4317,
        3478,
    ]
    static let datagrams: Set<Int64> = [53, 123, 8125, 514, 4789, 7946, 8301, 3478]
    /// What strangers knock at.
    static let knocked: [Int64] = [
        23, 445, 22, 3389, 8080, 5900, 1433, 6379, 2323, 8443, 81, 5555, 8291, 2375, 9200, 3306, 139, 21, 25, 7547,
    ]

    let interfaces = Tail(interfaceCount, 1.05)
    let outside = Tail(2_000_000, 1.1)
    let services = Tail(ports.count, 1.1)
    let rules = Tail(2000, 1.2)
    let knocks = Tail(knocked.count, 1)

    /// Ranks are spread over places, so that the busiest interfaces are not the first ones.
    static func interface(ofRank rank: Int) -> Int { rank * 7919 % interfaceCount }

    static func address(ofInterface interface: Int) -> UInt128 {
        0xffff_0a00_0000 + UInt128(interface % vpcs) << 16 + UInt128(interface / vpcs + 10)
    }

    static func outsideAddress(ofRank rank: Int) -> UInt128 {
        // Odd, so that no two ranks have one address.
        0xffff_0b00_0000 + UInt128(UInt32(truncatingIfNeeded: rank) &* 2_654_435_761 % 0xa000_0000)
    }
}
