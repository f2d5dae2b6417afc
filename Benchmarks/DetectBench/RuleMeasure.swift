import Archive
import Foundation
import Parquet
import Records
import Sigma
import TrafficDays

/// Sigma rules of generated records: records a second on one core.
enum RuleMeasure {
    /// A rule of three questions: ports, prefixes and numbers differ from rule to rule.
    private static func rule(_ number: Int) -> String {
        """
        title: rule \(number)
        id: rule-\(number)
        logsource: {category: firewall}
        detection:
          ports: {dst_port: [\(1 + number * 7 % 60_000), \(1 + number * 13 % 60_000)], action: \(number % 2 == 0 ? "drop" : "accept")}
          known: {src_ip|cidr: 10.\(number % 250).0.0/16, bytes|gt: \(number % 100 * 50)}
          condition: ports and not known
        level: low

        """
    }

    static func run(rules count: Int, records wanted: Int) throws {
        let folder = NSTemporaryDirectory() + "/gatehouse-rules-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let text = (0..<count).map(rule).joined(separator: "---\n")
        try text.write(toFile: "\(folder)/rules.yml", atomically: true, encoding: .utf8)
        var run = RuleRun(try SigmaRules(path: folder))
        var batches: [SigmaBatch] = []
        var records = 0
        var seed: UInt64 = 5000
        while records < wanted {
            seed += 1
            for batch in TrafficDay(seed: seed).batches() {
                var columns: [FlowColumn: ColumnVector] = [:]
                for column in run.program.columns { columns[column] = batch.vector(column) }
                batches.append(SigmaBatch(columns))
                records += batch.rowCount
            }
        }
        let start = clock()
        var found = 0
        for batch in batches {
            run.take(batch, from: .min, until: .max)
            run.settle { _ in found += 1 }
        }
        let seconds = Double(clock() - start) / Double(CLOCKS_PER_SEC)
        print("\(count) Sigma rules of \(records) records: \(Int(Double(records) / seconds)) a second, \(found) found")
    }
}
