import Foundation
import Investigation
import TrafficDays

// Measures what is found in generated days: `detect-bench [SEEDS] [RECORDS] [PAIRS]`. Last, with PAIRS, distinct pairs and memory.

let seeds = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 200
let wanted = CommandLine.arguments.dropFirst(2).first.flatMap { Int($0) } ?? 2_000_000

/// What is found in a day.
func findings(_ day: TrafficDay, _ names: inout Names, _ detector: Detector) -> [Finding] {
    for batch in day.batches(of: .max) {
        for flow in Observations.of(batch, &names) { detector.take(flow) }
    }
    return detector.finish(names)
}

func text(_ value: Double, _ width: Int, _ digits: Int) -> String {
    let text = String(format: "%.\(digits)f", value)
    return String(repeating: " ", count: max(0, width - text.count)) + text
}

for style in LogStyle.allCases where seeds > 0 {
    var tally = Tally()
    var records = 0
    for seed in 1...UInt64(seeds) {
        let day = TrafficDay(seed: seed, style: style)
        records += day.lines.count
        var names = Names()
        let list = try ListReader.read(Array(TrafficDay.listed.utf8), name: "list")
        let found = findings(day, &names, Detector(listed: list)).map {
            Tally.Found(
                kind: $0.kind.rawValue, entity: $0.entity, foundAt: $0.foundAt, lastSeen: $0.lastSeen,
                contacts: $0.contacts)
        }
        let wrong = tally.add(day.attacks, found)
        if seeds <= 5 {
            for finding in wrong {
                print("seed \(seed): wrong: \(finding.kind) \(finding.entity), \(finding.contacts) contacts")
            }
        }
    }
    print("\(style): \(seeds) days, \(records) flows")
    print("  kind                     precision  recall  contacts  delay s")
    for (kind, row) in tally.rows.sorted(by: { $0.key < $1.key }) {
        let name = kind + String(repeating: " ", count: max(0, 24 - kind.count))
        print(
            "  \(name) \(text(row.precision, 9, 3)) \(text(row.recall, 7, 3)) "
                + "\(text(Tally.median(row.contacts.map(Double.init)), 9, 0)) \(text(Tally.median(row.delays), 8, 1))")
    }
    print("  all                      \(text(tally.whole.precision, 9, 3)) \(text(tally.whole.recall, 7, 3))")
}

if seeds > 0 {
    var beacons = BeaconMeasure()
    for seed in 1...UInt64(seeds) { beacons.add(seed: seed) }
    if seeds <= 5 { for line in beacons.wrong { print("wrong: \(line)") } }
    print(
        "beacons of 5 s to 6 h: \(beacons.found) of \(beacons.beacons) found, average precision "
            + "\(text(beacons.averagePrecision, 0, 3)), \(text(beacons.wrongPerHostWeek, 0, 3)) wrong ones a host-week")
}

let pairs = CommandLine.arguments.dropFirst(3).first.flatMap { Int($0) } ?? 0
if pairs > 0 {
    PairMeasure.run(pairs)
    exit(0)
}

var names = Names()
var flows: [Observation] = []
var seed: UInt64 = 1000
while flows.count < wanted {
    seed += 1
    for batch in TrafficDay(seed: seed).batches() { flows += Observations.of(batch, &names) }
}
for run in 1...3 {
    let detector = Detector()
    let start = clock()
    for flow in flows { detector.take(flow) }
    detector.lookAt()
    let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
    print(
        "run \(run): \(flows.count) records through all detections in \(text(seconds, 0, 3)) s of processor: \(Int(Double(flows.count) / seconds)) a second"
    )
}
for count in [100, 3000] { try RuleMeasure.run(rules: count, records: min(wanted, 1_000_000)) }
