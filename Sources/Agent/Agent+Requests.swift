import Capture
import Enforcement
import Foundation
import Host
import Link
import Model
import Sinks
import Spools

/// What is asked over the control socket.
extension Agent {
    func answer(_ request: [UInt8], _ user: UInt32) -> [UInt8] {
        let response: ControlResponse
        do {
            response = try respond(try ControlCodec.decode(request), user: user)
        } catch {
            response = .failed("\(error)")
        }
        return (try? ControlCodec.encode(response)) ?? []
    }

    private func respond(_ request: ControlRequest, user: UInt32) throws -> ControlResponse {
        switch request {
        case .apply(let policy, let origin, let sessions):
            let receipt = try apply(policy, actor: Machine.userName(user), origin: origin, sessions: sessions)
            return .receipt(receipt)
        case .adopt(let next, let sessions):
            guard user == 0 || user == Machine.userID else { throw AgentError.notRoot }
            return .receipt(try adoptGoverned(next, sessions: sessions))
        case .outlook(let policy): return .outlook(try outlook(policy))
        case .release(let device):
            try release(device)
            configuration.tell("device \(device): released by \(Machine.userName(user))")
            return .done
        case .attach(let request):
            return try attach(request, actor: Machine.userName(user))
        case .detach(let instance, let interface, let vpc):
            return try detach(instance: instance, interface: interface, vpc: vpc, actor: Machine.userName(user))
        case .interfaces: return .interfaces(try interfaceStates())
        case .watcher(let report):
            watchers.take(report, now: SystemClock.monotonic)
            return .done
        case .sinks: return .sinks(sinks.reports)
        case .sink(let name, let request):
            return try sinks.answer(request, of: name).map { .said($0) } ?? .waiting
        case .status: return .status(status)
        case .books(let seconds): return .books(try booksReport(settleSeconds: seconds))
        case .flush:
            try closeWindow(early: true)
            if configuration.enforces { wakeDelivery(flushes: true) }
            return .done
        case .stop:
            isStopping = true
            return .done
        }
    }

    private func booksReport(settleSeconds: Int) throws -> BooksReport {
        let deadline = SystemClock.monotonic + Int64(settleSeconds) * 1_000_000_000
        while true {
            if configuration.enforces { try attempt("table", repairTable) }
            try attempt("events") { try events.drain(&records.recorder) }
            var lines = try records.readBooks()
            let hadPendingLoss = records.hasPendingLoss
            try records.settle(lines)
            if hadPendingLoss { lines = try records.readBooks() }
            let report = BooksReport(at: Timestamp(nanoseconds: SystemClock.realtime), lines: lines.map(line))
            let rests = lines.allSatisfy { $0.kernelBefore == $0.kernelAfter }
            if SystemClock.monotonic >= deadline || rests && report.isBalanced { return report }
            _ = try Polling.wait([], timeoutNanoseconds: 200_000_000)
        }
    }

    private func line(_ line: Books.Line) -> BooksReport.Line {
        BooksReport.Line(
            interface: catalogue.placement(line.account.interface)?.label ?? line.account.interface.description,
            way: line.account.way == .out ? "out" : "into", kernel: line.kernelAfter, recorded: line.recorded,
            uncollected: line.uncollected, open: line.open, lost: line.lost,
            unexplained: .init(packets: line.difference.packets, bytes: line.difference.bytes),
            isPending: records.recorder.books.entries[line.account]?.pending != nil || records.isWithoutRoom)
    }

    var status: AgentStatus {
        var status = AgentStatus()
        status.host = host
        status.revision = revision.number
        status.startedAt = Timestamp(nanoseconds: startedAt)
        status.interfaces = catalogue.placements.values.filter { binding.devices[$0.interface] != nil }.map(\.label)
            .sorted()
        status.missingDevices = binding.missing
        status.notEnforced = notEnforced
        status.awaited = binding.awaited.keys.sorted { $0.description < $1.description }
        status.attachments = attachments
        status.heldDevices = binding.held.keys.sorted()
        status.unguarded = unguarded.spans
        status.socketsAreKept = sockets.isKept
        status.liveSessions = records.liveSessions
        status.events = events.log.events
        status.eventsSuppressed = events.log.eventsSuppressed
        status.eventsLost = events.log.eventsLost
        if events.log.missed > 0 {
            status.problems.append(
                "system log: did not take \(events.log.missed) lines; events.log has them")
        }
        status.problems += events.log.problems.map { "event log: \($0)" }
        status.records = records.spool.next - 1
        status.malformedMessages = records.malformed + events.malformed
        status.repairs = repairs
        status.lastDrift = lastDrift
        let notes = plumbing.notes + observationNotes
        status.notes = notes.isEmpty ? nil : notes
        status.problems += watchers.lines(now: SystemClock.monotonic)
        status.problems += problems + records.problems + configuration.uplinkProblems()
        if !records.isDurable || !events.isDurable {
            status.problems.append("journals: no room on disk at the start; what was just received dies with the agent")
        }
        if records.givenUp > 0 {
            status.problems.append(
                "spool: \(records.givenUp) records found no room on disk; what they held is stated as loss")
        }
        if undelivered > 0 {
            status.problems.append(
                "spool: \(undelivered) records went to make room before they were delivered; give it more with --spool-limit"
            )
        }
        status.foreignDrops =
            foreign.drops.prefix(50).map { "\($0): what it drops, events tell as accepted" }
            + foreign.unreadable.prefix(10).map { "\($0): what it drops is not known" }
        status.problems += foreign.harms(bridgedBlocks).map(\.description)
        status.problems += sinks.problems
        status.undelivered = delivery.problem
        return status
    }
}
