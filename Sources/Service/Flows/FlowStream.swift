import Archive
import Host
import Model
import Query
import Records
import Synchronization

/// Records as hosts ship them, in pieces that are made when somebody asks for the next: who reads slowly holds nobody up, and
/// nothing is kept for him.
final class FlowStream: Sendable {
    /// How often spools are looked at; after so many looks without a record an empty line is written, for a caller who has
    /// gone is found out by writing.
    private static let pause = Duration.seconds(1)
    private static let looksOfSilence = 15
    /// Records of one host that one look takes.
    private static let rowsOfLook = 4096

    private let archive: HostArchive
    private let question: FlowQuestion
    /// Whether lines are server-sent events.
    private let isEvents: Bool
    /// The number that comes next of each host.
    private let next: Mutex<[String: UInt64]>
    private let onEnd: @Sendable () -> Void

    init(
        _ archive: HostArchive, _ question: FlowQuestion, isEvents: Bool, onEnd: @escaping @Sendable () -> Void
    ) throws {
        (self.archive, self.question, self.isEvents, self.onEnd) = (archive, question, isEvents, onEnd)
        var next: [String: UInt64] = [:]
        do {
            for source in try archive.sources() { next[source.host] = try source.next() }
        } catch {
            onEnd()
            throw error
        }
        self.next = Mutex(next)
    }

    deinit { onEnd() }

    /// The next piece; nil once the caller has gone.
    func piece() async -> [UInt8]? {
        for _ in 0..<Self.looksOfSilence {
            do {
                try await Task.sleep(for: Self.pause)
            } catch {
                return nil
            }
            let bytes = await archive.onDisk { self.look() }
            if !bytes.isEmpty { return bytes }
        }
        return Array((isEvents ? ":\n\n" : "\n").utf8)
    }

    /// What the spools have since the last look.
    private func look() -> [UInt8] {
        var line = ByteLine(capacity: 4096)
        do {
            for source in try archive.sources() { look(source, &line) }
        } catch {
            append(fault: "\(error)", host: "", to: &line)
        }
        return line.bytes
    }

    private func look(_ source: SpoolSource, _ line: inout ByteLine) {
        let first = next.withLock { $0[source.host] ?? 1 }
        do {
            let slice = try source.slice(from: first, rows: Self.rowsOfLook)
            let rows = try SpoolScan.rows(of: slice, question)
            if slice.last >= first { next.withLock { $0[source.host] = slice.last + 1 } }
            for row in rows { append(row, event: "", to: &line) }
        } catch {
            append(fault: "\(error)", host: source.host, to: &line)
        }
    }

    private func append(fault words: String, host: String, to line: inout ByteLine) {
        let fault = Field("fault", .object([Field("host", .text(host)), Field("error", .text(words))]))
        append([fault], event: "event: fault\n", to: &line)
    }

    private func append(_ fields: [Field], event: String, to line: inout ByteLine) {
        if isEvents { line.append(event + "data: ") }
        line.append(jsonObject: fields)
        line.append(isEvents ? "\n\n" : "\n")
    }
}
