import Foundation
import Investigation

/// Distinct pairs of addresses, each met once: records a second and memory.
enum PairMeasure {
    static func run(_ count: Int) {
        var names = Names()
        let detector = Detector()
        let start = clock()
        for number in 0..<count {
            var flow = Observation(record: names.key(Array("host:\(number)".utf8)[...]))
            flow.start = 1_780_000_000_000_000 + Int64(number) * 1000
            flow.end = flow.start
            flow.initiator = UInt128(0xffff_0000_0000) | UInt128(UInt32(truncatingIfNeeded: number &* 2_654_435_761))
            flow.target = UInt128(0xffff_0a00_0000) | UInt128(number & 0xffff)
            (flow.transport, flow.targetPort, flow.packets, flow.bytes) = (6, 443, 4, 600)
            // One of ten fails.
            flow.outcome = number % 10 == 0 ? .refused : .answered
            (flow.answers, flow.answered) = (4, 2000)
            detector.take(flow)
        }
        let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
        let findings = detector.finish(names).count
        print(
            "\(count) distinct pairs: \(Int(Double(count) / seconds)) records a second, peak memory \(peak) kB, "
                + "\(detector.account.evicted) entries forgotten, \(findings) findings")
    }

    /// The process's peak, as the kernel tells it.
    private static var peak: Int {
        let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return line.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }.first ?? 0
    }
}
