package import Archive
import Dispatch
package import Filter
import HTTPTypes
import Host
import Link
import Model
package import Query
import Registry
import Synchronization

/// The flow records of all hosts: an archive at the server, fed from what hosts ship, and what is on its way into it.
package final class HostArchive: Sendable {
    /// Where each host's shipped files are, a folder each.
    private let hosts: String
    private let folder: ArchiveFolder
    private let retention: Retention
    /// Questions wait for the disk, and so not on a thread of the server's.
    private let disk = DispatchQueue(label: "gatehouse.flows", attributes: .concurrent)
    private let running = Mutex(0)
    private let streams = Mutex(0)
    private let known = Mutex<[String: Known]>([:])

    /// What the ids of a host's records stand for, as of these revisions.
    private struct Known {
        let revisions: [Int]
        let source: SpoolSource
    }

    package init(hosts: String, archive: String, retention: Retention = Retention()) {
        self.hosts = hosts
        self.retention = retention
        folder = ArchiveFolder(archive)
    }

    /// The spools of all hosts that have sent records.
    package func sources() throws -> [SpoolSource] {
        guard DurableFile.exists(hosts) else { return [] }
        var sources: [SpoolSource] = []
        for host in try DurableFile.list(hosts).sorted() where !host.hasPrefix(".") {
            let data = DataFolder("\(hosts)/\(host)")
            guard DurableFile.exists(data.spool) else { continue }
            sources.append(try source(host, data))
        }
        return sources
    }

    private func source(_ host: String, _ data: DataFolder) throws -> SpoolSource {
        let store = RevisionStore(data)
        let revisions = DurableFile.exists(data.revisions) ? try store.numbers() : []
        if let known = known.withLock({ $0[host] }), known.revisions == revisions { return known.source }
        // A revision that cannot be read leaves its ids without names; the records are there all the same.
        let catalogue = revisions.isEmpty ? Catalogue() : try store.catalogue { _, _ in }
        let source = SpoolSource(host: host, path: data.spool, catalogue: catalogue)
        known.withLock { $0[host] = Known(revisions: revisions, source: source) }
        return source
    }

    /// Closes what hosts have shipped since the last pass; each record once, whenever the server stops.
    ///
    /// - Returns: How many records are new in the archive.
    /// - Throws: Where files cannot be read or written; `FolderClaim.Taken` while another process writes to the archive.
    package func pass() async throws -> Int {
        try await onDisk { Result { try self.close() } }.get()
    }

    private func close() throws -> Int {
        let sources = try sources()
        guard !sources.isEmpty else { return 0 }
        var writer = try ArchiveWriter(folder, try folder.claim())
        var count = 0
        for source in sources {
            var feed = try SpoolFeed(folder, source)
            count += try feed.pass(&writer)
        }
        try writer.settle()
        _ = try writer.expire(retention)
        try writer.settle()
        return count
    }

    /// Answers a question on a thread that may wait; at the deadline, or where the caller has gone, with what was found so far.
    package func answer(_ question: FlowQuestion) async throws -> FlowAnswer {
        let isAdmitted = running.withLock { running in
            guard running < Limit.questionsAtOnce.bound else { return false }
            running += 1
            return true
        }
        guard isAdmitted else {
            throw Refusal(
                .tooManyRequests, "\(Limit.questionsAtOnce.bound) questions about flows are being answered; ask again")
        }
        defer { running.withLock { $0 -= 1 } }
        let end = SystemClock.monotonic + Int64(Limit.secondsOfQuestion.bound) * 1_000_000_000
        let isGone = Flag()
        return try await withTaskCancellationHandler {
            try await onDisk { [self] in
                Result {
                    try Answerer(folder.exists ? folder : nil, spools: try sources())
                        .answer(question) { isGone.isSet || SystemClock.monotonic > end }
                }
            }.get()
        } onCancel: {
            isGone.set()
        }
    }

    /// Records as hosts ship them, from now on, until nobody listens.
    ///
    /// - Parameters:
    ///   - filter: Which of them.
    ///   - project: Of this project alone; nil is all.
    ///   - isEvents: Whether lines are server-sent events.
    /// - Returns: Pieces of text, each of whole lines.
    /// - Throws: A refusal where there are as many streams as there may be; else where spools cannot be read.
    package func stream(
        _ filter: FilterExpression, project: String?, isEvents: Bool
    ) throws -> AsyncStream<[UInt8]> {
        let isAdmitted = streams.withLock { count in
            guard count < Limit.streamsOfFlows.bound else { return false }
            count += 1
            return true
        }
        guard isAdmitted else {
            throw Refusal(.tooManyRequests, "there are \(Limit.streamsOfFlows.bound) streams of flows; end one of them")
        }
        var question = FlowQuestion()
        question.filter = filter
        question.project = project
        let stream = try FlowStream(self, question, isEvents: isEvents) { self.streams.withLock { $0 -= 1 } }
        return AsyncStream { await stream.piece() }
    }

    /// Does what may wait for the disk where it holds no caller up.
    func onDisk<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in disk.async { continuation.resume(returning: body()) } }
    }
}

/// Something that happens once.
private final class Flag: Sendable {
    private let value = Atomic<Bool>(false)

    var isSet: Bool { value.load(ordering: .relaxed) }
    func set() { value.store(true, ordering: .relaxed) }
}
