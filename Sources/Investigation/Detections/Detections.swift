/// The detections that are built in, in the order in which they see a record.
enum Detections {
    static func all(listed: ListedAddresses?) -> [any Detection] {
        let scans = Scans()
        var all: [any Detection] = [
            scans, DistributedScans(scans), BruteForce(), Beacons(), Exfiltration(), LateralMovement(), RefusedEgress(),
            Floods(), NewServices(), FailedConnections(scans), DormantInterfaces(), RefusedAnswers(),
        ]
        if let listed { all.append(ListedTraffic(listed)) }
        return all
    }
}
