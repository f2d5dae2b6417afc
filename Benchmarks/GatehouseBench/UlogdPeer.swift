import Attribution
import Foundation
import Host
import Rehearsal

/// ulogd2, the usual reader of NFLOG, with its JSON output: what an event costs its process.
///
/// It does something else with an event than the pipeline beside it: it writes a line and keeps no table.
struct UlogdPeer {
    private static let program = "/usr/sbin/ulogd"
    private static let events: UInt64 = 300_000
    /// Events a second, few enough for it to keep up.
    private static let rate = 60_000.0

    let host: BenchHost
    private let plugins: String
    private let folder = FileManager.default.temporaryDirectory.path + "/ghbench-ulogd"

    /// Nil where ulogd or its JSON output is not installed.
    init?(host: BenchHost) {
        let files = FileManager.default
        let folders =
            ["/usr/lib/ulogd"]
            + ((try? files.contentsOfDirectory(atPath: "/usr/lib")) ?? []).map { "/usr/lib/\($0)/ulogd" }
        guard files.isExecutableFile(atPath: Self.program),
            let plugins = folders.first(where: { files.fileExists(atPath: $0 + "/ulogd_output_JSON.so") })
        else { return nil }
        self.host = host
        self.plugins = plugins
    }

    /// Sends the events and waits until they are dealt with; the rules that report them must be there.
    ///
    /// - Returns: how many events it wrote, of how many, and the nanoseconds of its processor time.
    func measure() throws -> (written: UInt64, sent: UInt64, nanoseconds: UInt64) {
        let files = FileManager.default
        try? files.removeItem(atPath: folder)
        try files.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? files.removeItem(atPath: folder) }
        try configuration.write(toFile: folder + "/conf", atomically: true, encoding: .utf8)
        var options = ChildProcess.Options()
        options.namespace = BenchHost.host
        options.diesWithParent = true
        let process = try ChildProcess(Self.program, ["-c", folder + "/conf"], options: options)
        defer { process.kill() }
        try wait("ulogd does not listen") {
            let groups = try ChildProcess.run("cat", ["/proc/net/netfilter/nfnetlink_log"], namespace: BenchHost.host)
            return groups.output.contains { $0 == "\n" }
        }
        let before = try processorTime(process)
        var storm = host.storm(packets: Self.events, tuples: 1024...60_000, ports: 1024...60_000)
        storm.rate = Self.rate
        let sent = UInt64(try storm.send(from: BenchHost.sender))
        var spent = before
        try wait("ulogd does not come to rest") {
            Thread.sleep(forTimeInterval: 1)
            defer { spent = (try? processorTime(process)) ?? spent }
            return try processorTime(process) == spent
        }
        // It writes the rest of its lines when it is asked to end.
        process.terminate()
        _ = try process.wait()
        let lines = try ChildProcess.run("wc", ["-l", folder + "/events.json"])
        let written = lines.output.split(separator: " ").first.flatMap { UInt64($0) } ?? 0
        return (written, sent, spent - before)
    }

    private var configuration: String {
        """
        [global]
        logfile="\(folder)/log"
        loglevel=5
        plugin="\(plugins)/ulogd_inppkt_NFLOG.so"
        plugin="\(plugins)/ulogd_raw2packet_BASE.so"
        plugin="\(plugins)/ulogd_filter_IFINDEX.so"
        plugin="\(plugins)/ulogd_filter_IP2STR.so"
        plugin="\(plugins)/ulogd_output_JSON.so"
        stack=log1:NFLOG,base1:BASE,ifi1:IFINDEX,ip2str1:IP2STR,json1:JSON
        [log1]
        group=\(KernelNames.logGroup)
        netlink_socket_buffer_size=33554432
        netlink_socket_buffer_maxsize=33554432
        netlink_qthreshold=1024
        netlink_qtimeout=5
        [json1]
        file="\(folder)/events.json"
        sync=0

        """
    }

    /// Nanoseconds that the process's one thread has run (the first number of schedstat).
    private func processorTime(_ process: ChildProcess) throws -> UInt64 {
        let text = try String(contentsOfFile: "/proc/\(process.pid)/schedstat", encoding: .utf8)
        guard let time = text.split(separator: " ").first.flatMap({ UInt64($0) }) else {
            throw BenchFailure("schedstat says \(text)")
        }
        return time
    }

    private func wait(_ failure: String, until isDone: () throws -> Bool) throws {
        let deadline = SystemClock.monotonic + 60_000_000_000
        while try !isDone() {
            guard SystemClock.monotonic < deadline else { throw BenchFailure(failure) }
            Thread.sleep(forTimeInterval: 0.05)
        }
    }
}
