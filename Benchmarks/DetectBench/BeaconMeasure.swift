import Foundation
import Investigation
import TrafficDays

/// Beacons of many periods, jitters and losses in host-weeks of harmless periodic traffic: average precision of findings by score.
struct BeaconMeasure {
    private(set) var ranked: [(score: Double, isRight: Bool)] = []
    private(set) var wrong: [String] = []
    private(set) var beacons = 0
    private(set) var found = 0
    private(set) var hostWeeks = 0

    mutating func add(seed: UInt64) {
        let week = PeriodicWeek(seed: seed)
        var names = Names()
        let detector = Detector()
        for batch in week.batches() {
            for flow in Observations.of(batch, &names) { detector.take(flow) }
        }
        var left = Set(week.beacons)
        beacons += left.count
        hostWeeks += PeriodicWeek.hosts
        for finding in detector.finish(names) where finding.kind == .beacon {
            let pair = finding.targets.first.map { "\(finding.entity) \($0)" } ?? ""
            let isRight = left.remove(pair) != nil
            if isRight { found += 1 }
            ranked.append((finding.score, isRight))
            if !isRight, ranked.count < 60 {
                wrong.append("\(pair) \(finding.parameters) \(finding.contacts) \(finding.score)")
            }
        }
    }

    /// The mean of the precision at each beacon's place; one that is not found counts as none.
    var averagePrecision: Double {
        var (right, sum) = (0.0, 0.0)
        for (place, entry) in ranked.sorted(by: { $0.score != $1.score ? $0.score > $1.score : !$0.isRight })
            .enumerated()
        {
            guard entry.isRight else { continue }
            right += 1
            sum += right / Double(place + 1)
        }
        return sum / Double(max(beacons, 1))
    }

    var wrongPerHostWeek: Double { Double(ranked.count { !$0.isRight }) / Double(max(hostWeeks, 1)) }
}
