import Archive
import Dispatch
import Filter
import Foundation
import Model
import Records
import Spools
import Synchronization
import TestSupport
import Testing

@testable import Query

struct SpoolAnswerTests {
    private func record(_ number: Int) -> FlowRecord {
        let start = Timestamp(seconds: 1_793_700_000 + Int64(number % 7) * 1800)
        let end = start.advanced(by: .seconds(60))
        return FlowRecord(
            windowStart: start, windowEnd: end, start: start, end: end, connectionStart: start, connection: 7,
            interface: Identifier(derivedFrom: "interface", "\(number % 3)"), direction: .egress, verdict: .accept,
            stage: .group, rule: Identifier(derivedFrom: "rule"), revision: 1,
            key: FlowKey(
                initiator: IPAddress(ipv4: 1), target: IPAddress(ipv4: 2), transport: .tcp, initiatorPort: 40_000,
                targetPort: 443), state: .new, fromInitiator: Traffic(packets: 1, bytes: UInt64(number)),
            fromTarget: .zero, cumulativeFromInitiator: .zero, cumulativeFromTarget: .zero)
    }

    private func question(_ columns: [FlowColumn]) -> FlowQuestion {
        var question = FlowQuestion()
        question.columns = columns
        return question
    }

    private func numbers(_ answer: FlowAnswer) -> [Int] {
        answer.rows.compactMap { row in
            guard case .text(let id)? = row.first else { return nil }
            return Int(id.split(separator: ":").last ?? "")
        }.sorted()
    }

    @Test func `a spool alone answers what an archive does`() async throws {
        try await withScratchFolder { path in
            let spool = try Spool(folder: "\(path)/spool")
            for number in 0..<100 { spool.append(record(number)) }
            try spool.commit(spool.position)
            let source = SpoolSource(host: "host-1", path: "\(path)/spool", catalogue: Catalogue())
            var question = FlowQuestion()
            question.groups = [.verdict]
            question.aggregates = [.sum(.column(.bytesFromInitiator))]
            let answer = try Answerer(nil, spools: [source]).answer(question)
            #expect(answer.rows == [[.text("accept"), .number(100), .number(4950)]])
            #expect(answer.completeness.records == 100)
            #expect(answer.completeness.isComplete)
        }
    }

    /// Records are written, archived and put together while others ask: every answer has each committed record once.
    @Test func `each record is in every answer once while segments are closed and put together`() async throws {
        try await withScratchFolder { path in
            let folder = ArchiveFolder("\(path)/archive")
            let spool = try Spool(folder: "\(path)/spool")
            let source = SpoolSource(host: "host-1", path: "\(path)/spool", catalogue: Catalogue())
            let committed = Mutex(0)
            let isOver = Atomic<Bool>(false)
            let fault = Mutex<String?>(nil)
            let done = DispatchSemaphore(value: 0)
            let asker = Thread {
                var last = false
                while true {
                    last = isOver.load(ordering: .acquiring)
                    let before = committed.withLock { $0 }
                    do {
                        let answer = try Answerer(folder.exists ? folder : nil, spools: [source])
                            .answer(self.question([.id]))
                        let found = self.numbers(answer)
                        if found != Array(1...max(found.count, 1)) && !found.isEmpty || found.count < before {
                            fault.withLock { $0 = "\(before) were committed, and the answer has \(found)" }
                        }
                        if answer.completeness.records != found.count {
                            fault.withLock { $0 = "\(found.count) rows and \(answer.completeness.records) records" }
                        }
                    } catch {
                        fault.withLock { $0 = "\(error)" }
                    }
                    if last { break }
                }
                done.signal()
            }
            asker.start()
            for round in 0..<25 {
                for number in 0..<20 { spool.append(record(round * 20 + number)) }
                try spool.commit(spool.position)
                committed.withLock { $0 += 20 }
                var writer = try ArchiveWriter(folder, try folder.claim(), notice: nil)
                var feed = try SpoolFeed(folder, source)
                _ = try feed.pass(&writer)
                try writer.settle()
            }
            isOver.store(true, ordering: .releasing)
            done.wait()
            #expect(fault.withLock { $0 } == nil)
        }
    }
}
