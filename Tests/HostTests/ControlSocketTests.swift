import Foundation
import Glibc
import TestSupport
import Testing

@testable import Host

/// Clients that do what they should not: the loop that serves the socket goes on.
@Suite struct ControlSocketTests {
    /// Serves in a thread of its own, as an agent's loop does, and notes the longest that one round took.
    private final class Loop: @unchecked Sendable {
        // SAFETY: `socket` is the thread's alone; what tests read stands behind the lock.
        private let socket: ControlSocket
        private let lock = NSLock()
        private var isStopped = false
        private var longest: Int64 = 0
        private var most = 0
        private let ended = DispatchSemaphore(value: 0)

        init(_ path: String, patienceNanoseconds: Int64 = ControlSocket.patienceNanoseconds) throws {
            socket = try ControlSocket(path: path, patienceNanoseconds: patienceNanoseconds)
            Thread.detachNewThread { self.run() }
        }

        private func run() {
            while !lock.withLock({ isStopped }) {
                _ = try? Polling.wait([socket.number], timeoutNanoseconds: 10_000_000)
                let start = SystemClock.monotonic
                try? socket.serve { request, _ in request == [1] ? [UInt8](repeating: 7, count: 4 << 20) : request }
                let took = SystemClock.monotonic - start
                lock.withLock {
                    longest = max(longest, took)
                    most = max(most, socket.openConnections)
                }
            }
            ended.signal()
        }

        /// The longest round in nanoseconds, and the most connections at a time.
        func stop() -> (longest: Int64, connections: Int) {
            lock.withLock { isStopped = true }
            ended.wait()
            return (longest, most)
        }
    }

    private func client(_ path: String) throws -> Int32 {
        let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8).prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        try #require(result == 0)
        return number
    }

    private func send(_ bytes: [UInt8], _ number: Int32) {
        _ = Glibc.send(number, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    @Test func `clients that stand still hold nobody up`() async throws {
        try await withScratchFolder { folder in
            let path = folder + "/s"
            let loop = try Loop(path)
            let (silent, half, deaf) = (try client(path), try client(path), try client(path))
            send([0, 0, 0, 9, 1], half)
            send([0, 0, 0, 1, 1], deaf)
            for word in 0..<20 as Range<UInt8> {
                #expect(try ControlSocket.ask(path, [9, word]) == [9, word])
            }
            let (longest, _) = loop.stop()
            // Whom it would wait for, it waits for five seconds.
            #expect(longest < 4_000_000_000, "a round took \(longest) ns")
            for number in [silent, half, deaf] { close(number) }
        }
    }

    @Test func `a client that goes away in the middle of its answer ends nothing`() async throws {
        // As the agent has it.
        _ = try SignalDescriptor([])
        try await withScratchFolder { folder in
            let path = folder + "/s"
            let loop = try Loop(path)
            for _ in 0..<50 {
                let gone = try client(path)
                send([0, 0, 0, 1, 1], gone)
                close(gone)
            }
            #expect(try ControlSocket.ask(path, [1]).count == 4 << 20)
            #expect(try ControlSocket.ask(path, [5]) == [5])
            _ = loop.stop()
        }
    }

    @Test func `connections at a time are bounded, and who asks is served all the same`() async throws {
        try await withScratchFolder { folder in
            let path = folder + "/s"
            let loop = try Loop(path)
            let silent = try (0..<100).map { _ in try client(path) }
            #expect(try ControlSocket.ask(path, [3]) == [3])
            #expect(loop.stop().connections <= ControlSocket.connections)
            for number in silent { close(number) }
        }
    }

    @Test func `who takes too long is let go`() async throws {
        try await withScratchFolder { folder in
            let path = folder + "/s"
            let loop = try Loop(path, patienceNanoseconds: 100_000_000)
            let silent = try client(path)
            var byte: UInt8 = 0
            // Ends as soon as the other side has closed.
            #expect(recv(silent, &byte, 1, 0) == 0)
            close(silent)
            _ = loop.stop()
        }
    }

    @Test func `a message that claims more than the limit is not waited for`() async throws {
        try await withScratchFolder { folder in
            let path = folder + "/s"
            let loop = try Loop(path)
            let liar = try client(path)
            send([0xff, 0xff, 0xff, 0xff], liar)
            var byte: UInt8 = 0
            #expect(recv(liar, &byte, 1, 0) <= 0)
            close(liar)
            _ = loop.stop()
        }
    }

    @Test func `a folder is claimed by one process, and the other learns its number`() async throws {
        try await withScratchFolder { folder in
            let claim = try FolderClaim.take(folder + "/lock")
            #expect(throws: FolderClaim.Taken(pid: Machine.processID)) { try FolderClaim.take(folder + "/lock") }
            withExtendedLifetime(claim) {}
        }
        try await withScratchFolder { folder in
            _ = try FolderClaim.take(folder + "/lock")
            _ = try FolderClaim.take(folder + "/lock")
            // Also where a copy of the descriptor lives on, as in a program that is just being started.
            let copy = try DurableFile.lock(folder + "/lock").file.duplicate()
            _ = try DurableFile.lock(folder + "/lock")
            #expect(copy.number > 0)
        }
    }
}
