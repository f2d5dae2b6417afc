import Foundation
import Host
import Rehearsal
import TestSupport

/// A program of a guest that does what it is told, a line at a time, and answers each with a line.
///
/// Its sockets stay open between two lines, so that a test says which end of a session speaks next.
final class GuestProgram {
    private let process: ChildProcess
    private var input: Descriptor?
    private let output: Descriptor
    private var waiting: [UInt8] = []

    /// The program's beginning: `reply` answers the present line, `lines` are those that follow.
    private static let prelude = """
        import os, socket, struct, sys
        def reply(*words): print(*words, flush=True)
        def lines():
            for line in sys.stdin: yield line.split()

        """

    /// Starts a Python program in a guest's namespace.
    init(_ namespace: String, _ script: String) throws {
        let commands = try Pipe.make()
        let answers = try Pipe.make()
        var options = ChildProcess.Options()
        options.namespace = namespace
        options.diesWithParent = true
        options.standard = [commands.read, answers.write, nil]
        process = try ChildProcess("python3", ["-c", Self.prelude + script], options: options)
        _ = Descriptor(owning: commands.read)
        _ = Descriptor(owning: answers.write)
        input = Descriptor(owning: commands.write)
        output = Descriptor(owning: answers.read)
    }

    /// Tells the program a line and waits for the line that it answers.
    @discardableResult
    func ask(_ line: String) throws -> String {
        try tell(line)
        return try answer()
    }

    func tell(_ line: String) throws {
        try input?.writeAll(Array((line + "\n").utf8))
    }

    /// The next line that the program says; throws when it has ended.
    func answer() throws -> String {
        while true {
            if let end = waiting.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: waiting[..<end], as: UTF8.self)
                waiting.removeFirst(end + 1)
                return line
            }
            let more = try output.readSome(limit: 1 << 16)
            guard !more.isEmpty else { throw Ended() }
            waiting += more
        }
    }

    func stop() {
        input = nil
        process.kill()
        _ = try? process.wait()
    }

    struct Ended: Error {}
}
