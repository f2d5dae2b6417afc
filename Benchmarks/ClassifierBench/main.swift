// Verdicts a second on one core, and what it takes to load a big file: `swift run -c release classifier-bench`.

import Model
import Policy
import PolicyFiles

func seconds(_ duration: Duration) -> Double {
    Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

/// Judges the stream `rounds` times; gives seconds and accepted packets.
func measure(_ packets: [Packet], rounds: Int, _ verdict: (Packet) -> Verdict) -> (seconds: Double, accepted: Int) {
    var accepted = 0
    let elapsed = ContinuousClock().measure {
        for _ in 0..<rounds {
            for index in packets.indices where verdict(packets[index]) == .accept { accepted += 1 }
        }
    }
    return (seconds(elapsed), accepted)
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

let text = BigFile.text
let clock = ContinuousClock()
let begun = clock.now
let policy = try PolicyFile.load(text, name: "big.yaml")
let loaded = clock.now
let big = Classifier(Revision.none.next(policy: policy, actor: "", origin: "", at: Timestamp(seconds: 0)))
let compiledAt = clock.now
print(
    "policy_file interfaces=\(BigFile.interfaceCount) rules=\(BigFile.groupCount * BigFile.rulesPerGroup)",
    "bytes=\(text.utf8.count) load_seconds=\(seconds(begun.duration(to: loaded)))",
    "compile_seconds=\(seconds(loaded.duration(to: compiledAt))) revision=\(big.revision.number)")
