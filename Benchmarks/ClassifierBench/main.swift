// Verdicts a second on one core: `swift run -c release classifier-bench`.

import Model
import Policy

/// Judges the stream `rounds` times; gives seconds and accepted packets.
func measure(_ packets: [Packet], rounds: Int, _ verdict: (Packet) -> Verdict) -> (seconds: Double, accepted: Int) {
    var accepted = 0
    let elapsed = ContinuousClock().measure {
        for _ in 0..<rounds {
            for index in packets.indices where verdict(packets[index]) == .accept { accepted += 1 }
        }
    }
    return (Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18, accepted)
}

let workload = Workload(packetCount: 1_000_000, seed: 7)
let classifier = Classifier(workload.revision)
let linear = LinearScan(workload.revision.policy)

_ = measure(workload.packets, rounds: 2) { classifier.verdict($0) }
let compiled = measure(workload.packets, rounds: 20) { classifier.verdict($0) }
_ = measure(Array(workload.packets.prefix(100_000)), rounds: 1) { linear.verdict($0) }
let baseline = measure(workload.packets, rounds: 1) { linear.verdict($0) }
precondition(compiled.accepted == 20 * baseline.accepted, "the classifier and the linear scan disagree")

let rate = 20 * Double(workload.packets.count) / compiled.seconds
let baselineRate = Double(workload.packets.count) / baseline.seconds
let share = Double(baseline.accepted) / Double(workload.packets.count)
print(
    "classifier verdicts_per_second=\(Int(rate)) rules=\(Workload.groupCount * Workload.rulesPerGroup)",
    "groups=\(Workload.groupCount) accept_share=\((share * 1000).rounded() / 1000)",
    "linear_verdicts_per_second=\(Int(baselineRate)) ratio=\((rate / baselineRate * 10).rounded() / 10)")
