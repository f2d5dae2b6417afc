import Analysis
import Glibc
import Model
import Policy

// Measures the analysis of policies against the floors that are promised: `make bench-analysis`.

var isSlow = false

/// Runs a piece of work three times; prints the median of the processor's time, which neighbours do not slow, and what was promised.
@MainActor func measure(_ name: String, promised: Double, _ work: () -> String) {
    var result = ""
    let times = (0..<3).map { _ in
        let start = clock()
        result = work()
        return Double(clock() - start) / 1e6
    }.sorted()
    print("\(name): \(times[1]) s of one core (promised \(promised)); \(result)")
    if times[1] > promised { isSlow = true }
}

measure("shadow scan of 1,000 rules", promised: 0.1) {
    "\(Lint(Network.oneGroup(rules: 1000)).findings.count) findings"
}
measure("shadow scan of 10,000 rules", promised: 3) {
    "\(Lint(Network.oneGroup(rules: 10_000)).findings.count) findings"
}

let old = Network(interfaces: 1000, groups: 500, rulesPerGroup: 20).policy
let new = Network.changed(old, rules: 20)
measure("difference of two policies of 10,000 rules, 20 of them changed", promised: 1) {
    "\(PacketDifference(from: old, to: new).boxes.count) boxes"
}

let wide = Network(interfaces: 500, groups: 60, rulesPerGroup: 20, acls: 40).policy
measure("all pairs of 500 interfaces, 60 groups, 40 ACLs", promised: 1) {
    var reach = Reach(wide)
    return "\(reach.pairCount()) pairs of ends with packets"
}

let large = Network(interfaces: 10_000, groups: 1000, rulesPerGroup: 20).policy
let classifier = Classifier(Network.revision(large))
measure("explain at 10,000 interfaces, 1,000 groups, 20,000 rules", promised: 0.02) {
    "\(classifier.trace(Network.packet(large, 1)).steps.count) steps"
}

let replay = Replay(Network.revision(old))
let keys = (0..<100_000).map { Network.packet(old, $0).key }
let flows = 5_000_000
measure("replay of 5,000,000 flows", promised: 1) {
    var changed = 0
    for number in 0..<flows {
        let outcome = replay.outcome(keys[number % keys.count], number % 2 == 0 ? .egress : .ingress, recorded: .accept)
        if case .changed = outcome { changed += 1 }
    }
    return "\(changed) changed"
}

print(isSlow ? "slower than promised" : "all as promised")
