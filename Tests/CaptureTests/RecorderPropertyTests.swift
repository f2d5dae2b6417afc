import Attribution
import Model
import Netlink
import Spools
import TestSupport
import Testing

@testable import Capture

/// Whatever sessions do, and whenever windows close and agents die: each packet is in exactly one record.
@Suite struct RecorderPropertyTests {
    /// A kernel's connection tracking, as far as a recorder sees it.
    private struct Kernel {
        var live: [ConnectionEntry] = []
        /// Ends that were told and are not worked in, the oldest first.
        var ends: [ConnectionEntry] = []
        /// Every entry that ever was, as it was last.
        var all: [UInt64: ConnectionEntry] = [:]
        var now = Estate.begin.nanoseconds
        private var port: UInt16 = 1000

        /// Who talks to whom: within the host, out of it, into it, and past it.
        private static let ends: [(IPAddress, IPAddress, UInt32)] = [
            (Estate.address(10), Estate.address(11), 0x0003_0004),
            (Estate.address(10, .ipv6), Estate.address(11, .ipv6), 0x0003_0004),
            (Estate.address(11), Estate.address(200), 0x0005_0000),
            (Estate.address(201), Estate.address(10), 0x0000_0006),
            (Estate.address(201), Estate.address(200), 0),
        ]

        mutating func begin(_ random: inout SplitMix64) {
            let (source, target, mark) = random.pick(Self.ends)
            // A tuple comes again now and then, once its former use is over.
            if random.chance(80) { port &+= 1 }
            let again = Estate.entry(source, target, ports: (port, 443), mark: mark, start: now)
            guard !live.contains(where: { $0.original == again.original }) else { return }
            live.append(again)
            send(live.count - 1, &random)
        }

        mutating func send(_ place: Int, _ random: inout SplitMix64) {
            let packets = UInt64.random(in: 0...5, using: &random)
            live[place].fromOriginal += Traffic(packets: packets + 1, bytes: 60 + packets * 1000)
            if random.chance(60) { live[place].fromReply += Traffic(packets: packets, bytes: packets * 100) }
            all[Recorder.connection(live[place])] = live[place]
        }

        mutating func end(_ place: Int) {
            var entry = live.remove(at: place)
            entry.stop = now
            ends.append(entry)
            all[Recorder.connection(entry)] = entry
        }

        /// TCP's end, which is told while the entry still stands.
        mutating func close(_ place: Int) { live[place].tcpState = 7 }
    }

    /// What is on disk: snapshot and records, and how many ends they cover.
    private struct Disk {
        var items: [SpoolItem] = []
        var snapshot: [UInt8]?
        var endsWorkedIn = 0
    }

    private static func recorder(_ disk: Disk, now: Int64, _ attributor: Attributor) throws -> Recorder {
        var snapshot = try disk.snapshot.map { try #require(Snapshot($0)) } ?? Snapshot()
        for item in disk.items { snapshot.apply(item) }
        return Recorder(
            attributor: attributor, books: snapshot.books, restored: snapshot.sessions,
            window: CaptureWindow(length: .seconds(60), holding: Timestamp(nanoseconds: now)))
    }

    private static func commit(_ recorder: inout Recorder, _ disk: inout Disk, endsWorkedIn: Int) {
        for recorded in recorder.takePending() {
            let sequence = UInt64(disk.items.count + 1)
            switch recorded {
            case .record(var record):
                record.sequence = sequence
                disk.items.append(.record(record))
            case .uncollected(var session):
                session.sequence = sequence
                disk.items.append(.uncollected(session))
            }
        }
        disk.endsWorkedIn = endsWorkedIn
    }

    @Test(arguments: 0..<40, [Estate.attributor, Estate.collectingAttributor])
    func `records are what the kernel counted, once, and the books have what is not collected`(
        seed: UInt64, attributor: Attributor
    ) throws {
        var random = SplitMix64(seed: seed)
        var kernel = Kernel()
        var disk = Disk()
        var recorder = try Self.recorder(disk, now: kernel.now, attributor)
        var workedIn = 0
        for _ in 0..<400 {
            kernel.now += Int64.random(in: 1...3_000_000_000, using: &random)
            recorder.now = Timestamp(nanoseconds: kernel.now)
            switch Int.random(in: 0..<100, using: &random) {
            case 0..<35: kernel.begin(&random)
            case 35..<65 where !kernel.live.isEmpty:
                kernel.send(Int.random(in: kernel.live.indices, using: &random), &random)
            case 65..<80 where !kernel.live.isEmpty: kernel.end(Int.random(in: kernel.live.indices, using: &random))
            case 80..<84 where !kernel.live.isEmpty: kernel.close(Int.random(in: kernel.live.indices, using: &random))
            case 84..<90:
                for entry in kernel.ends[workedIn...] { recorder.record(ended: entry) }
                workedIn = kernel.ends.count
                if random.chance(50) { Self.commit(&recorder, &disk, endsWorkedIn: workedIn) }
            case 90..<96:
                recorder.beginPass()
                for entry in kernel.live { recorder.record(live: entry) }
                recorder.endPass(second: UInt32(kernel.now / 1_000_000_000))
                recorder.beginWindow(
                    CaptureWindow(length: .seconds(60), holding: Timestamp(nanoseconds: kernel.now)))
                Self.commit(&recorder, &disk, endsWorkedIn: workedIn)
                if random.chance(70) {
                    disk.snapshot = recorder.encodedSnapshot(
                        next: UInt64(disk.items.count + 1), position: .init(), bootID: "boot")
                }
            case 96..<99:
                // A kill: what is not on disk is gone, and ends are told again from what is.
                workedIn = disk.endsWorkedIn
                recorder = try Self.recorder(disk, now: kernel.now, attributor)
            default: break
            }
        }
        for entry in kernel.ends[workedIn...] { recorder.record(ended: entry) }
        recorder.beginPass()
        for entry in kernel.live { recorder.record(live: entry) }
        Self.commit(&recorder, &disk, endsWorkedIn: kernel.ends.count)
        let records = disk.items.compactMap { if case .record(let record) = $0 { record } else { nil } }
        try check(records, kernel, recorder.books, attributor)
    }

    private func check(_ records: [FlowRecord], _ kernel: Kernel, _ books: Books, _ attributor: Attributor) throws {
        struct Leg: Hashable {
            let connection: UInt64
            let direction: Direction
        }
        let legs = Dictionary(grouping: records) { Leg(connection: $0.connection, direction: $0.direction) }
        var wanted: Set<Leg> = []
        var accounts: [Books.Account: Traffic] = [:]
        var uncollected: [Books.Account: Traffic] = [:]
        for (connection, entry) in kernel.all {
            for direction in Direction.allCases where MarkLayout.index(entry.mark, direction) != 0 {
                let leg = Leg(connection: connection, direction: direction)
                let end = direction == .egress ? entry.original.source : entry.reply.source
                let other = direction == .egress ? entry.reply.source : entry.original.source
                let at = try #require(attributor.port(address: end)).interface
                guard attributor.collects(at, with: other) else {
                    uncollected[.init(at, Way(initiatorOf: direction)), default: .zero] += entry.fromOriginal
                    uncollected[.init(at, Way(initiatorOf: direction).opposite), default: .zero] += entry.fromReply
                    continue
                }
                wanted.insert(leg)
                let own = try #require(legs[leg], "no record of \(entry.original.key)")
                #expect(own.map(\.fromInitiator).reduce(.zero, +) == entry.fromOriginal)
                #expect(own.map(\.fromTarget).reduce(.zero, +) == entry.fromReply)
                #expect(own.last?.cumulativeFromInitiator == entry.fromOriginal)
                #expect(own.filter { $0.state == .new }.count <= 1)
                #expect(own.filter { $0.state == .ended }.count <= 1 || entry.tcpState == 7)
                #expect(own.allSatisfy { $0.connectionStart.nanoseconds == entry.start })
                #expect(own.allSatisfy { $0.start <= $0.end && $0.windowStart < $0.windowEnd })
                let index = MarkLayout.index(entry.mark, direction)
                #expect(own.allSatisfy { $0.rule == Estate.rule(index, direction) && $0.verdict == .accept })
                let interface = try #require(own.first?.interface)
                accounts[.init(interface, Way(initiatorOf: direction)), default: .zero] += entry.fromOriginal
                accounts[.init(interface, Way(initiatorOf: direction).opposite), default: .zero] += entry.fromReply
            }
        }
        #expect(Set(legs.keys) == wanted)
        for (account, traffic) in accounts { #expect(books.entries[account]?.recorded == traffic, "\(account)") }
        for (account, entry) in books.entries {
            #expect(entry.uncollected == uncollected[account] ?? .zero, "\(account)")
        }
    }

    @Test func `what is open is what a pass would record`() {
        var recorder = Recorder(
            attributor: Estate.attributor, books: Books(), restored: [:],
            window: CaptureWindow(length: .seconds(60), holding: Estate.begin))
        var entry = Estate.entry(Estate.address(10), Estate.address(11), mark: 0x0003_0004)
        entry.fromOriginal = Traffic(packets: 5, bytes: 500)
        entry.fromReply = Traffic(packets: 2, bytes: 200)
        func open() -> [Books.Account: Traffic] {
            var found: [Books.Account: Traffic] = [:]
            recorder.open(entry) { found[$0, default: .zero] += $1 }
            return found
        }
        #expect(
            open() == [
                .init(Estate.web, .out): entry.fromOriginal, .init(Estate.web, .into): entry.fromReply,
                .init(Estate.app, .into): entry.fromOriginal, .init(Estate.app, .out): entry.fromReply,
            ])
        recorder.record(live: entry)
        #expect(Set(open().values) == [.zero])
        // What no rule of ours judged is nobody's.
        entry.mark = 0
        #expect(open().isEmpty)
        recorder.record(ended: entry)
        #expect(recorder.takePending().count == 2)
    }

    @Test func `a mark whose ends are no interface's is counted, and is in no record`() {
        var recorder = Recorder(
            attributor: Estate.attributor, books: Books(), restored: [:],
            window: CaptureWindow(length: .seconds(60), holding: Estate.begin))
        var entry = Estate.entry(Estate.address(77), Estate.address(78), mark: 0x0003_0004)
        entry.fromOriginal = Traffic(packets: 1, bytes: 60)
        recorder.record(ended: entry)
        #expect(recorder.takePending().isEmpty && recorder.unattributed == 1)
    }

    @Test func `both sides of a translation are in the records of both ends`() throws {
        var recorder = Recorder(
            attributor: Estate.attributor, books: Books(), restored: [:],
            window: CaptureWindow(length: .seconds(60), holding: Estate.begin))
        var entry = Estate.entry(Estate.address(10), Estate.address(200), ports: (40_000, 8080), mark: 0x0003_0004)
        entry.reply = Estate.tuple(Estate.address(11), Estate.address(1), 6, 80, 61_000)
        entry.fromOriginal = Traffic(packets: 1, bytes: 60)
        recorder.record(ended: entry)
        let records = recorder.takePending().compactMap { if case .record(let record) = $0 { record } else { nil } }
        #expect(records.count == 2)
        let before = entry.original.key
        let after = FlowKey(
            initiator: Estate.address(1), target: Estate.address(11), transport: .tcp, initiatorPort: 61_000,
            targetPort: 80)
        for record in records {
            #expect(record.translation == Translation(before: before, after: after))
            #expect(record.key == (record.direction == .egress ? before : after))
            #expect(record.interface == (record.direction == .egress ? Estate.web : Estate.app))
            #expect(record.judgedKey.initiator == Estate.address(10) && record.judgedKey.targetPort == 80)
        }
    }
}
