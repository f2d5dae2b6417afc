import Attribution
import CBenchPeers
import Capture
import Enforcement
import Foundation
import Host
import Model
import Netlink
import Rehearsal
import Spools

/// What an event costs to drain, parse and aggregate with a million live flows, against a minimal reader in C.
struct LogBench {
    private static let events: UInt64 = 1_000_000
    /// More new sessions a second than the host can make connections of.
    private static let rate = 300_000.0

    let host: BenchHost

    func run() throws {
        print("\nNFLOG: \(Self.events) events, 300,000 a second; ns of the reader's processor time an event")
        var ours: [Double] = []
        var theirs: [Double] = []
        var rates: [Double] = []
        var lost: UInt64 = 0
        for round in 0..<3 {
            let minimal = try measure { socket in
                let reading = gh_minimal_reader(socket.number, 1500)
                return (reading.packets, reading.gaps, reading.nanoseconds)
            }
            let full = try measure { try read($0, round: round) }
            theirs.append(Double(minimal.nanoseconds) / Double(max(minimal.packets, 1)))
            ours.append(Double(full.nanoseconds) / Double(max(full.packets, 1)))
            rates.append(full.rate)
            lost += full.gaps + minimal.gaps
            print(
                "  round \(round + 1): C \(minimal.packets) events, \(minimal.gaps) lost; gatehouse \(full.packets) events, \(full.gaps) lost"
            )
        }
        print("  minimal reader in C, no table: \(figure(median(theirs), 0)) ns")
        print(
            "  gatehouse, with 1 M live flows: \(figure(median(ours), 0)) ns, ratio \(figure(median(ours) / median(theirs)))"
        )
        if let ulogd = UlogdPeer(host: host) {
            try reportEverything()
            let peer = try ulogd.measure()
            let cost = Double(peer.nanoseconds) / Double(max(peer.written, 1))
            print(
                "  ulogd2 to a JSON file, no table: \(figure(cost, 0)) ns, \(peer.written) of \(peer.sent) events written, \(figure(cost / median(ours))) × gatehouse"
            )
        } else {
            print("  ulogd2 to a JSON file: not measured, ulogd2 and ulogd2-json are not installed")
        }
        print("  events a second in the sender's run: \(figure(median(rates), 0)); lost by NFULA_SEQ: \(lost)")
    }

    /// Every packet is reported and none makes a session: conntrack's own table is not what is measured.
    private func reportEverything() throws {
        try host.clearRules()
        try NftProgram(namespace: BenchHost.host).apply(
            """
            table inet loud {
             chain forward {
              type filter hook forward priority filter; policy accept;
              log prefix "ghae0001" group \(KernelNames.logGroup) drop
             }
            }

            """)
    }

    private func measure(
        _ reader: @escaping (NetfilterSocket) throws -> (packets: UInt64, gaps: UInt64, nanoseconds: Int64)
    ) throws -> (packets: UInt64, gaps: UInt64, nanoseconds: Int64, rate: Double) {
        try reportEverything()
        let socket = try host.socket()
        try socket.setReceiveBuffer(32 << 20)
        try PacketLog.bind(socket, .init(group: KernelNames.logGroup))
        var storm = host.storm(packets: Self.events, tuples: 1024...60_000, ports: 1024...60_000)
        storm.rate = Self.rate
        let sender = SenderThread(storm)
        let result = try reader(socket)
        let seconds = try sender.wait()
        return (result.packets, result.gaps, result.nanoseconds, Double(Self.events) / seconds)
    }

    /// A million live sessions, in a table that held two million: the memory is the process's already, and what is free lies
    /// scattered among what is taken, as in an agent that runs for long.
    private func fill(_ recorder: inout Recorder) {
        var header = PacketHeader()
        header.isValid = true
        header.transport = 17
        for flow in 0..<2_000_000 as Range<UInt64> {
            header.sourceLow = 0xc0a8_0000 + flow >> 4
            header.targetLow = 0x0a02_0000 + flow & 0xffff
            header.sourcePort = UInt16(truncatingIfNeeded: flow &* 7919)
            header.targetPort = 443
            let isKept = (flow &* 0x9e37_79b9_7f4a_7c15) >> 63 == 0
            _ = recorder.announce(header, .egress, second: isKept ? 1000 : 1)
        }
        recorder.endPass(second: 1000)
        print("  \(recorder.sessions.count) live sessions")
    }

    /// Gatehouse's own way: the journal takes datagrams, the recorder takes note of each session.
    private func read(_ socket: NetfilterSocket, round: Int) throws -> (UInt64, UInt64, Int64) {
        let path = FileManager.default.temporaryDirectory.path + "/ghbench.journal"
        // What an interrupted run left there would count as received and fill the ring.
        try? FileManager.default.removeItem(atPath: path)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let journal = try ReceiveJournal(path: path, slots: 128, slotSize: 256 << 10, committed: 0)
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        var recorder = Recorder(
            attributor: Attributor(), books: Books(), restored: [:],
            window: CaptureWindow(length: .seconds(60), holding: now),
            expectedSessions: 2_200_000)
        fill(&recorder)
        var packets: UInt64 = 0
        var gaps: UInt64 = 0
        var expected: UInt32?
        var spent: Int64 = 0
        var batch: [LoggedPacket] = []
        while try Polling.wait([socket.number], timeoutNanoseconds: 1_500_000_000)[0] {
            let began = gh_thread_time()
            while try receive(journal, socket) > 0 {
                for number in journal.released..<journal.next {
                    journal.withDatagram(number) { view in
                        var cursor = LoggedPacketCursor(view)
                        while cursor.next(into: &batch) {
                            recorder.expect(batch)
                            for packet in batch {
                                packets += 1
                                if let expected, packet.sequence != expected {
                                    gaps += UInt64(packet.sequence &- expected)
                                }
                                expected = packet.sequence &+ 1
                                guard let prefix = LogPrefix(bytes: packet.prefix) else { continue }
                                _ = recorder.announce(packet.header, prefix.direction, second: 2)
                            }
                        }
                    }
                }
                journal.release(before: journal.next)
            }
            spent += gh_thread_time() - began
        }
        return (packets, gaps, spent)
    }

    /// Takes a few datagrams; what did not fit into the socket shows in the sequence numbers.
    private func receive(_ journal: ReceiveJournal, _ socket: NetfilterSocket) throws -> Int {
        do {
            return try journal.receive(from: socket, limit: 4)
        } catch {
            guard error.code == SystemError.noBufferSpace else { throw error }
            return try journal.receive(from: socket, limit: 4)
        }
    }
}

/// Sends a storm in a thread of its own.
final class SenderThread: Sendable {
    private let result = ResultBox()

    init(_ storm: Storm) {
        let result = result
        Thread.detachNewThread {
            // The reader's first wait has begun by then.
            Thread.sleep(forTimeInterval: 0.2)
            let began = SystemClock.monotonic
            let sent = try? storm.send(from: BenchHost.sender)
            result.finish(sent == nil ? -1 : Double(SystemClock.monotonic - began) / 1e9)
        }
    }

    func wait() throws -> Double {
        let seconds = result.wait()
        guard seconds > 0 else { throw BenchFailure("the storm could not be sent") }
        return seconds
    }
}
