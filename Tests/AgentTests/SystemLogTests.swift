import Foundation
import Host
import TestSupport
import Testing

@Suite(.ownThread) struct SystemLogTests {
    /// A listener as syslog is one.
    private final class Listener {
        let path = FileManager.default.temporaryDirectory.path + "/gatehouse-log-\(UUID().uuidString.prefix(8))"
        private var process: ChildProcess
        private let output: String

        /// A few lines of Python receive datagrams: nothing of ours is at both ends.
        init() throws {
            output = path + ".out"
            process = try ChildProcess(
                "python3",
                [
                    "-c",
                    """
                    import socket, sys
                    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); s.bind(sys.argv[1])
                    f = open(sys.argv[2], 'wb', buffering=0)
                    while True: f.write(s.recv(65536) + b'\\n')
                    """, path, output,
                ])
            try eventually("the listener") { DurableFile.exists(output) }
        }

        func lines() throws -> [String] {
            String(decoding: try DurableFile.read(output) ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
        }

        func stop() {
            process.kill()
            _ = try? process.wait()
            for file in [path, output] { try? FileManager.default.removeItem(atPath: file) }
        }
    }

    @Test func `each line reaches who listens, with priority, time and name`() throws {
        let listener = try Listener()
        defer { listener.stop() }
        let log = try #require(SystemLog(path: listener.path))
        log.send(
            lines: Array("Nov 21 09:05:07 action=ACCEPT one\nNov  1 09:05:08 action=DROP two\n".utf8),
            tag: "gatehouse-agent")
        var found: [String] = []
        try eventually("both lines") {
            found = try listener.lines()
            return found.count >= 2
        }
        #expect(
            found == [
                "<134>Nov 21 09:05:07 gatehouse-agent: action=ACCEPT one",
                "<134>Nov  1 09:05:08 gatehouse-agent: action=DROP two",
            ])
        #expect(log.missed == 0)
    }

    @Test func `lines that nobody takes are counted`() throws {
        #expect(SystemLog(path: "/nowhere/at/all") == nil)
        let listener = try Listener()
        let log = try #require(SystemLog(path: listener.path))
        listener.stop()
        log.send(lines: Array("Nov 21 09:05:07 a\nNov 21 09:05:07 b\n".utf8), tag: "t")
        #expect(log.missed == 2)
    }
}
