/// The detections that are built in.
enum Detections {
    static func all(listed: ListedAddresses?) -> [any Detection] {
        var all: [any Detection] = [
            ScanFamily(), BruteForce(), Beacons(), Exfiltration(), LateralMovement(), RefusedEgress(), Floods(),
            NewServices(), DormantInterfaces(), RefusedAnswers(),
        ]
        if let listed { all.append(ListedTraffic(listed)) }
        return all
    }
}

/// Detections that ask each other who is a scanner: they see each record together, in this order.
///
/// All others see many records at a time, and none knows another.
final class ScanFamily: Detection {
    private let scans: Scans
    private let distributed: DistributedScans
    private let failures: FailedConnections

    init() {
        scans = Scans()
        distributed = DistributedScans(scans)
        failures = FailedConnections(scans)
    }

    var evicted: Int { scans.evicted + distributed.evicted + failures.evicted }

    func take(_ sight: Sight, _ book: FindingBook) {
        scans.take(sight, book)
        distributed.take(sight, book)
        failures.take(sight, book)
    }

    func finish(_ book: FindingBook) { scans.finish(book) }
}
