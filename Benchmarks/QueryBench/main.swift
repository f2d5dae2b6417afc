import Archive
import Filter
import Foundation
import Host
import Model
import Query
import Records

// Measures an archive of a generated day: `query-bench [RECORDS] [FOLDER] [HOURS]`. A folder that is there is asked and not written.

func seconds(_ body: () throws -> Void) rethrows -> Double {
    let start = SystemClock.monotonic
    try body()
    return Double(SystemClock.monotonic - start) / 1e9
}

/// Bytes of all files below a folder.
func size(_ folder: String) -> Int {
    let names = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
    return names.reduce(0) { sum, name in
        let size = try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int
        return sum + (name.hasSuffix(".parquet") ? size ?? 0 : 0)
    }
}

let count = CommandLine.arguments.dropFirst().first.flatMap { Int($0) } ?? 1_000_000
let path = CommandLine.arguments.dropFirst(2).first ?? "\(NSTemporaryDirectory())/gatehouse-query-bench-\(count)"
let hours = CommandLine.arguments.dropFirst(3).first.flatMap { Int($0) } ?? 24
let folder = ArchiveFolder(path)
if !folder.exists {
    var generator = Generator(seed: 15)
    var writer = try ArchiveWriter(folder, try folder.claim())
    var sequence: UInt64 = 1
    var writing = 0.0
    for hour in 0..<hours {
        var left = count / hours
        while left > 0 {
            var batch = FlowBatch()
            let rows = min(left, 1 << 19)
            for _ in 0..<rows { generator.add(hour: hour, to: &batch) }
            let numbers = Array(sequence..<sequence + UInt64(rows))
            writing += try seconds { _ = try writer.close(batch, host: "host-1", sequences: numbers, inDoubt: nil) }
            sequence += UInt64(rows)
            left -= rows
        }
    }
    writing += try seconds { try writer.settle() }
    print("closed \(count) records in \(writing) s: \(Int(Double(count) / writing)) a second")
}
print("\(Double(size(path)) / Double(count)) bytes a record")

let context = FilterContext(now: Timestamp(nanoseconds: 0))
func question(_ filter: String, _ change: (inout FlowQuestion) -> Void) throws -> FlowQuestion {
    var question = FlowQuestion()
    if !filter.isEmpty { question.filter = try FilterExpression(parsing: filter, context) }
    change(&question)
    return question
}
let questions: [(String, FlowQuestion)] = [
    (
        "all flows of one source",
        try question("src = 10.0.0.77") { $0.columns = [.start, .targetIP, .targetPort, .bytesFromInitiator] }
    ),
    ("count by action", try question("") { $0.groups = [.verdict] }),
    (
        "top ten talkers by bytes",
        try question("") { ($0.groups, $0.aggregates, $0.top) = ([.initiatorIP], [.sum(.bytes)], 10) }
    ),
    ("refused by port, top twenty", try question("action = drop") { ($0.groups, $0.top) = ([.targetPort], 20) }),
    (
        "one-minute series of one VPC",
        try question("vpc = vpc-1") { ($0.step, $0.aggregates) = (60_000_000, [.sum(.bytes)]) }
    ),
    (
        "one five-tuple",
        try question("src = 10.0.0.77 and dst = 10.0.0.3 and sport = 40000 and dport = 443 and proto = tcp") {
            $0.columns = [.start]
        }
    ),
]
for (name, question) in questions {
    var best = Double.infinity
    var rows = 0
    for _ in 0..<3 { best = min(best, try seconds { rows = try Answerer(folder).answer(question).rows.count }) }
    print("\(name): \(Int(best * 1000)) ms, \(rows) rows")
}
