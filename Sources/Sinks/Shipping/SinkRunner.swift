import Filter
import Foundation
import Host
import Link
import Model
import Records

/// One sink's task: reads on where its cursor stands, hands records to the receiver, and moves the cursor behind what it has.
///
/// Nothing that a receiver does is heard by the recorder: what is recorded lies on disk before it is read here.
final class SinkRunner {
    private static let idle = Duration.milliseconds(100)
    private static let cursorPauseNanoseconds: Int64 = 200_000_000
    /// How long records count as under way on a connection whose receiver acknowledges none.
    private static let graceNanoseconds: Int64 = 2_000_000_000
    private static let holdSeconds = 60

    private let sink: Sink
    private let data: DataFolder
    private let files: SinkFiles
    private let letters: DeadLetters
    private let board: SinkBoard
    private let filter: SinkFilter?
    private let secret: SinkSecret?
    private let tell: @Sendable (String) -> Void

    private var cursor: SinkCursor
    private var isCursorBehind = false
    private var cursorWrittenAt: Int64 = 0
    private var sources = SinkSources()
    private var carrier: (any SinkCarrier)?
    private var retry = Retry()
    /// What was sent on a connection without acknowledgement, until it counts as taken.
    private var underway: [(place: SinkPlace?, count: Int, at: Int64)] = []
    private var paceUntil: Int64 = 0
    private var toldAt: Int64 = 0
    private var fields = RecordFields()

    init(
        _ sink: Sink, _ data: DataFolder, _ files: SinkFiles, cursor: SinkCursor, board: SinkBoard,
        tell: @escaping @Sendable (String) -> Void
    ) throws(FilterError) {
        self.sink = sink
        self.data = data
        self.files = files
        self.cursor = cursor
        self.board = board
        self.tell = tell
        letters = DeadLetters(files)
        secret = SinkSecret(sink)
        filter = try sink.filter.map { text throws(FilterError) in try SinkFilter(text) }
        sources = SinkSources(sink, data, files, cursor)
    }

    func run() async {
        while !board.isStopping {
            board.takeKick()
            if board.isTestDue { await test() }
            if board.takeReplay() { beginReplay() }
            if board.isPaused {
                publish(.paused, nil)
                await carrier?.close()
                carrier = nil
                rewind()
                saveCursor(at: 0)
                await nap(Self.idle)
                continue
            }
            do {
                let now = SystemClock.monotonic
                confirm(at: now)
                guard let read = try sources.next(board.names) else {
                    if !underway.isEmpty, carrier?.isConnected == false { rewind() }
                    saveCursor(at: now)
                    if retry.failures == 0 { publish(.shipping, nil) }
                    await nap(Self.idle)
                    continue
                }
                note(read.losses)
                if let batch = read.batch { await deliver(batch) }
            } catch {
                publish(.waiting, "\(error)")
                rewind()
                await nap(.seconds(1))
            }
        }
        await carrier?.close()
        saveCursor(at: 0)
    }

    // MARK: Sending

    private func deliver(_ batch: RecordBatch) async {
        var parts = [chosen(batch)]
        while let part = parts.last {
            if part.isEmpty {
                parts.removeLast()
                continue
            }
            if board.isStopping || board.isPaused { return rewind() }
            await pace(part.lines.count)
            let answer = await answer(to: part)
            switch answer {
            case .taken:
                parts.removeLast()
                retry.succeed()
                publish(.shipping, nil)
                noteTaken(part.lines.count)
            case .mixed(let refused, let again, let reason):
                guard bury(refused.map { (part.source, part, part.lines[$0.place], $0.reason) }) else {
                    return rewind()
                }
                noteTaken(part.lines.count - refused.count - again.count)
                parts[parts.count - 1] = part.keeping(again)
                guard !again.isEmpty else { continue }
                await backOff(reason, after: nil)
            case .later(let reason, let after):
                let isAcknowledged = carrier?.isAcknowledged ?? true
                await backOff(reason, after: after)
                if !isAcknowledged { return rewind() }
            case .tooLarge(let reason), .refused(let reason):
                parts.removeLast()
                if part.lines.count == 1 {
                    guard bury([(part.source, part, part.lines[0], reason)]) else { return rewind() }
                } else {
                    let (first, second) = part.halves
                    parts += [second, first]
                }
            case .settings(let reason):
                let isAcknowledged = carrier?.isAcknowledged ?? true
                await hold(reason)
                if !isAcknowledged { return rewind() }
            }
        }
        finish(batch)
    }

    private func answer(to part: RecordBatch) async -> SinkAnswer {
        do throws(SinkFault) {
            if let carrier { return await carrier.send(part) }
            let made = try sink.kind.carrier(sink, folder: data.path)
            carrier = made
            return await made.send(part)
        } catch {
            return error.answer
        }
    }

    /// What of a batch the sink asks for; what is no record becomes a dead letter.
    private func chosen(_ batch: RecordBatch) -> RecordBatch {
        var kept: [Int] = []
        var broken: [(SinkSource, RecordBatch, Range<Int>, String)] = []
        for (place, range) in batch.lines.enumerated() {
            guard range.count <= Limit.shippedRecord.bound else {
                broken.append(
                    (batch.source, batch, range.lowerBound..<range.lowerBound, "a record of \(range.count) bytes"))
                continue
            }
            guard fields.read(batch.source, batch.bytes, range) else {
                if !range.isEmpty || batch.bytes.isEmpty {
                    broken.append((batch.source, batch, range, "it is no JSON object"))
                }
                continue
            }
            if filter?.admits(fields) ?? true { kept.append(place) }
        }
        // What could not be read once cannot be read from its letter either: it is counted, and told.
        if !broken.isEmpty {
            note(["\(broken.count) lines of \(batch.source.rawValue): \(broken[0].3)"], count: UInt64(broken.count))
        }
        return kept.count == batch.lines.count ? batch : batch.keeping(kept)
    }

    /// Moves the cursor behind a batch, at once or when it counts as taken.
    private func finish(_ batch: RecordBatch) {
        if carrier?.isAcknowledged ?? true {
            cursor.move(to: batch.next)
            isCursorBehind = true
            saveCursor(at: SystemClock.monotonic)
        } else {
            underway.append((batch.next, 0, SystemClock.monotonic + Self.graceNanoseconds))
        }
    }

    private func noteTaken(_ count: Int) {
        guard count > 0 else { return }
        if carrier?.isAcknowledged ?? true {
            cursor.taken += UInt64(count)
        } else {
            underway.append((nil, count, SystemClock.monotonic + Self.graceNanoseconds))
        }
        board.update { $0.takenAt = Timestamp(nanoseconds: SystemClock.realtime) }
    }

    /// Counts as taken what a connection carried that stood long enough behind it.
    private func confirm(at now: Int64) {
        guard !underway.isEmpty, carrier?.isConnected ?? false else { return }
        let done = underway.prefix { $0.at <= now }
        guard !done.isEmpty else { return }
        for entry in done {
            cursor.taken += UInt64(entry.count)
            if let place = entry.place { cursor.move(to: place) }
        }
        underway.removeFirst(done.count)
        isCursorBehind = true
    }

    /// Reads again from the cursor on.
    private func rewind() {
        underway = []
        sources = SinkSources(sink, data, files, cursor)
    }

    private func beginReplay() {
        do {
            _ = try letters.beginReplay()
        } catch {
            publish(.waiting, "dead letters: \(error)")
        }
    }

    private func bury(_ refused: [(SinkSource, RecordBatch, Range<Int>, String)]) -> Bool {
        do {
            let left = try letters.add(refused.map { ($0.0, $0.1.bytes[$0.2], $0.3) })
            cursor.refused += UInt64(refused.count)
            isCursorBehind = true
            if left > 0 {
                note(
                    ["\(left) refused records found no room among the dead letters: \(refused[0].3)"],
                    count: UInt64(left))
            }
            tellSometimes("the receiver refused \(refused.count) records for good: \(refused.first?.3 ?? "")")
            return true
        } catch {
            publish(.waiting, "dead letters: \(error)")
            return false
        }
    }

    // MARK: Waiting

    private func pace(_ count: Int) async {
        guard let rate = sink.rate else { return }
        let now = SystemClock.monotonic
        if paceUntil > now { await wait(nanoseconds: paceUntil - now) }
        paceUntil = max(paceUntil, now) + Int64(count) * 1_000_000_000 / Int64(rate)
    }

    private func backOff(_ reason: String, after: Duration?) async {
        if carrier?.isConnected == false {
            await carrier?.close()
            carrier = nil
        }
        let pause = retry.fail(after: after)
        publish(.waiting, reason)
        if retry.failures == 3 { tellSometimes("waits: \(reason)") }
        await wait(nanoseconds: pause)
    }

    /// Waits for somebody to mend the settings; a secret that was written anew ends it.
    private func hold(_ reason: String) async {
        await carrier?.close()
        carrier = nil
        publish(.held, reason)
        tellSometimes("is held, and drops nothing: \(reason)")
        let written = secret?.writtenAt
        let deadline = SystemClock.monotonic + Int64(Self.holdSeconds) * 1_000_000_000
        while SystemClock.monotonic < deadline, !board.wantsAttention, secret?.writtenAt == written {
            saveCursor(at: SystemClock.monotonic)
            await nap(Self.idle)
        }
        if board.isTestDue { await test() }
        board.takeKick()
    }

    private func wait(nanoseconds: Int64) async {
        let deadline = SystemClock.monotonic + nanoseconds
        while !board.wantsAttention {
            let rest = deadline - SystemClock.monotonic
            guard rest > 0 else { return }
            await nap(min(.nanoseconds(rest), Self.idle))
        }
        if board.isTestDue { await test() }
        board.takeKick()
    }

    private func nap(_ pause: Duration) async { try? await Task.sleep(for: pause) }

    // MARK: Trying

    /// Sends a record that says so over a connection of its own.
    private func test() async {
        let names = board.names
        var builder = BatchBuilder(.audit)
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        names.append(
            Revision(
                number: 0, madeAt: now, actor: "gatehouse", origin: "sink test \(sink.name)", policy: .empty,
                ruleOrigins: [:]), action: "test", to: &builder.line)
        builder.close(.audit(0))
        guard let batch = builder.batches.first else { return }
        do throws(SinkFault) {
            let trial = try sink.kind.carrier(sink, folder: data.path)
            let answer = await trial.send(batch)
            await trial.close()
            board.answerTest(answer == .taken ? nil : SinkFault(answer).description)
        } catch {
            board.answerTest(error.description)
        }
    }

    // MARK: Telling

    private func note(_ losses: [String], count: UInt64 = 0) {
        for words in losses {
            cursor.noteLoss(words, count: count)
            isCursorBehind = true
            tell("sink \(sink.name): \(words)")
        }
    }

    private func note(_ losses: [SinkSources.Loss]) {
        for loss in losses { note([loss.words], count: loss.count) }
    }

    private func tellSometimes(_ words: String) {
        let now = SystemClock.monotonic
        guard toldAt == 0 || now - toldAt > 3_600_000_000_000 else { return }
        toldAt = now
        tell("sink \(sink.name) \(words)")
    }

    private func publish(_ state: SinkReport.State, _ problem: String?) {
        if state == .shipping { toldAt = 0 }
        board.update { report in
            report.state = state
            report.problem = problem
            report.taken = cursor.taken
            report.refused = cursor.refused
            report.lost = cursor.lost
            report.losses = cursor.losses
        }
    }

    private func saveCursor(at now: Int64) {
        if cursor.isPaused != board.isPaused { isCursorBehind = true }
        guard isCursorBehind, now == 0 || now - cursorWrittenAt >= Self.cursorPauseNanoseconds else { return }
        cursor.isPaused = board.isPaused
        do {
            if cursor.letters > 0, cursor.letters >= (try DurableFile.size(files.replay)) {
                try DurableFile.remove(files.replay)
                cursor.letters = 0
                sources.forgetLetters()
            }
            try cursor.write(files.cursor)
            isCursorBehind = false
            cursorWrittenAt = SystemClock.monotonic
        } catch {
            publish(.waiting, "\(error)")
        }
    }
}
