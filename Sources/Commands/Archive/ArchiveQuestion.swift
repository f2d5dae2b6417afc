import Archive
import ArgumentParser
import Filter
import Foundation
import Host
import Query
import Records
import Synchronization
import Terminal

/// Asks an archive and spools, and writes the answer.
struct ArchiveQuestion {
    /// nil where spools alone are asked.
    let folder: ArchiveFolder?
    let spools: [SpoolSource]
    let writer: AnswerWriter
    let options: ArchiveOptions

    func run() throws {
        if let folder, !folder.exists {
            throw NotFound(
                "archive \(folder.path): there is none; make one with `gatehouse import --archive \(folder.path) FILE`")
        }
        let watch = try Watch()
        let answerer = Answerer(folder, spools: spools)
        var answer: FlowAnswer?
        for run in 1...options.repetitions where answer == nil || !watch.isOver {
            let start = SystemClock.monotonic
            answer = try answerer.answer(writer.question) { watch.isOver }
            guard options.timing else { continue }
            let milliseconds = Double(SystemClock.monotonic - start) / 1e6
            Console.tell("run \(run): \(String(format: "%.3f", milliseconds)) ms")
        }
        guard let answer else { return }
        try writer.write(answer, from: folder?.path ?? "")
        if answer.completeness.isInterrupted { throw ExitCode(130) }
        if options.requireComplete, !answer.completeness.isComplete { throw ExitCode.no }
    }
}

/// Ctrl-C, looked for between two pieces of work.
private final class Watch: Sendable {
    private let interruption: Interruption
    private let hasEnded = Atomic<Bool>(false)

    init() throws { interruption = try Interruption() }

    var isOver: Bool {
        if hasEnded.load(ordering: .relaxed) { return true }
        // A descriptor that cannot be asked ends nothing.
        guard (try? interruption.pause(milliseconds: 0)) == false else { return false }
        hasEnded.store(true, ordering: .relaxed)
        return true
    }
}
