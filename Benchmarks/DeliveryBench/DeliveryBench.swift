import Buckets
import Delivery
import Foundation
import Glibc
import Gzip
import Host
import Model
import Spools

/// Records a second into a folder and into an object store, and processor time a record against `gzip -1` of the same bytes.
@main struct DeliveryBench {
    private static let interfaces = 100
    private static let recordsPerWindow = 200_000
    private static let windows = 5

    static func main() async throws {
        // As the agent does.
        MemoryHints.keepFewArenas()
        let folder = FileManager.default.currentDirectoryPath + "/.build/delivery-bench"
        try? FileManager.default.removeItem(atPath: folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let total = windows * recordsPerWindow
        print("\(windows) windows of \(recordsPerWindow) records of \(interfaces) interfaces: \(total) records")
        let own = try await measure("folder", bucket: "file:bucket", folder)
        try await verify(folder)
        let peer = try gzip(folder)
        print(
            "gzip -1 of the same bytes, \(peer.bytes / 1_000_000) MB: \(round(peer.wall, total)) records/s, \(micros(peer.processor, total)) µs a record"
        )
        print("processor time, folder : gzip -1 = \(ratio(own.processor, peer.processor))")
        let busy = BenchEstate(interfaces: 100, recordsPerWindow: 2_400_000, bucket: "file:busy")
        _ = try await measure("20,000 sessions a second", busy, windows: 1, folder)
        let many = BenchEstate(interfaces: 10_000, recordsPerWindow: 30_000, bucket: "file:many")
        _ = try await measure("10,000 interfaces", many, windows: 4, folder)
        let environment = ProcessInfo.processInfo.environment
        guard let location = environment["GATEHOUSE_BENCH_BUCKET"] else {
            print("SKIP object store: GATEHOUSE_BENCH_BUCKET names none; `scripts/delivery-bench` starts one")
            return
        }
        let store = try await measure("object store", bucket: location, folder)
        print("processor time, object store : gzip -1 = \(ratio(store.processor, peer.processor))")
    }

    private static func measure(
        _ name: String, bucket: String, _ folder: String
    ) async throws -> (wall: Double, processor: Double) {
        let estate = BenchEstate(interfaces: interfaces, recordsPerWindow: recordsPerWindow, bucket: bucket)
        return try await measure(name, estate, windows: windows, folder)
    }

    /// Delivers windows from a spool, each as soon as it is closed.
    private static func measure(
        _ name: String, _ estate: BenchEstate, windows: Int, _ folder: String
    ) async throws -> (wall: Double, processor: Double) {
        let delivery = try CollectorDelivery(
            .init(dataFolder: folder, stateFile: "\(folder)/\(name)/delivery.json"))
        let path = "\(folder)/\(name)/spool"
        let spool = try Spool(folder: path)
        var sum = (wall: 0.0, processor: 0.0)
        var objects = 0
        for index in 0..<windows {
            let source = estate.source(path, closedUntil: try estate.write(index, spool))
            let began = (SystemClock.monotonic, processorTime(RUSAGE_SELF.rawValue))
            let progress = delivery.state[estate.bucket]
            if case .round(let round) = try DeliveryRound.next(for: estate.bucket, after: progress, source) {
                objects += try await delivery.deliver(
                    round, to: estate.bucket, from: source.spool, catalogue: Catalogue()
                ).written
            }
            sum.wall += Double(SystemClock.monotonic - began.0) / 1e9
            sum.processor += processorTime(RUSAGE_SELF.rawValue) - began.1
        }
        await delivery.close()
        let total = windows * estate.recordsPerWindow
        print(
            "\(name): \(round(sum.wall, total)) records/s in \(objects) objects, \(micros(sum.processor, total)) µs a record, "
                + "\(String(format: "%.1f", sum.wall / Double(windows))) s a window, at most \(peakMegabytes()) MB in memory"
        )
        return sum
    }

    /// The most memory that this process ever had.
    private static func peakMegabytes() -> Int {
        let status = (try? DurableFile.read("/proc/self/status")) ?? nil
        let line = String(decoding: status ?? [], as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return (line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
    }

    /// Proves what was delivered by its manifests.
    private static func verify(_ folder: String) async throws {
        let text = String(decoding: try DurableFile.read("\(folder)/manifest.key.pub") ?? [], as: UTF8.self)
        guard let key = ManifestKey.Public(text) else { return }
        let began = SystemClock.monotonic
        let report = try await BucketVerification(
            FolderBucket(root: "\(folder)/bucket", createsRoot: false), keys: [key]
        )
        .run()
        let seconds = Double(SystemClock.monotonic - began) / 1e9
        print(
            "verify: \(report.proven) objects proven by \(report.manifests) manifests in \(String(format: "%.2f", seconds)) s, "
                + "\(report.findings.count) findings")
    }

    /// What the program takes for the content of all objects in the folder.
    private static func gzip(_ folder: String) throws -> (wall: Double, processor: Double, bytes: Int) {
        let plain = "\(folder)/plain"
        let file = try DurableFile.openForAppending(plain)
        let objects = FileManager.default.enumerator(atPath: "\(folder)/bucket")?.compactMap { $0 as? String } ?? []
        for name in objects where name.hasSuffix(".gz") {
            let packed = try DurableFile.read("\(folder)/bucket/\(name)") ?? []
            try file.writeAll(try Gzip.decompress(packed, limit: 1 << 30))
        }
        let before = (SystemClock.monotonic, processorTime(RUSAGE_CHILDREN.rawValue))
        let nowhere = try DurableFile.open("/dev/null", flags: O_WRONLY)
        var options = ChildProcess.Options()
        options.standard = [nil, nowhere.number, nil]
        _ = try ChildProcess("gzip", ["-1", "-c", plain], options: options).wait()
        return (
            Double(SystemClock.monotonic - before.0) / 1e9, processorTime(RUSAGE_CHILDREN.rawValue) - before.1,
            try DurableFile.size(plain)
        )
    }

    /// User and system time, in seconds.
    private static func processorTime(_ who: Int32) -> Double {
        var usage = rusage()
        getrusage(who, &usage)
        let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
        return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    }

    private static func round(_ seconds: Double, _ records: Int) -> Int { Int(Double(records) / seconds) }
    private static func micros(_ seconds: Double, _ records: Int) -> String {
        String(format: "%.2f", seconds * 1e6 / Double(records))
    }
    private static func ratio(_ own: Double, _ peer: Double) -> String { String(format: "%.2f", own / peer) }
}
