import Foundation
import Host
import NIOHTTP1
import Testing

@testable import Buckets

/// The object store that the environment names: `scripts/object-stores` starts two.
struct ObjectStore {
    let endpoint: String
    let port: Int
    let region: String
    let credentials: Credentials

    /// Nil where the environment names none.
    static let here: ObjectStore? = {
        let environment = ProcessInfo.processInfo.environment
        guard let endpoint = environment["GATEHOUSE_S3_ENDPOINT"], let access = environment["GATEHOUSE_S3_ACCESS_KEY"],
            let secret = environment["GATEHOUSE_S3_SECRET_KEY"],
            let port = endpoint.split(separator: ":").last.flatMap({ Int($0) })
        else { return nil }
        return ObjectStore(
            endpoint: endpoint, port: port, region: environment["GATEHOUSE_S3_REGION"] ?? "us-east-1",
            credentials: Credentials(accessKey: access, secretKey: secret))
    }()

    /// What the store keeps to: Swift does not know `If-None-Match` on puts.
    var isSwift: Bool { region == "us-east-1" }

    func bucket(
        _ name: String, endpoint: String? = nil, options: String = "", credentials: Credentials? = nil,
        _ tune: (inout S3Bucket.Tuning) -> Void = { _ in }
    ) throws -> S3Bucket {
        var tuning = S3Bucket.Tuning()
        tuning.pause = .milliseconds(20)
        tune(&tuning)
        let location = try S3Location("s3://\(name)?endpoint=\(endpoint ?? self.endpoint)&region=\(region)\(options)")
        return try S3Bucket(location, credentials: credentials ?? self.credentials, tuning: tuning)
    }

    /// Runs a test with a bucket of its own.
    static func withBucket(_ body: (ObjectStore, S3Bucket, String) async throws -> Void) async throws {
        let store = try #require(here)
        let name = "gh-\(UUID().uuidString.lowercased())"
        let bucket = try store.bucket(name)
        let made = try await bucket.send(.init(method: .PUT))
        #expect(made.status == 200)
        do {
            try await body(store, bucket, name)
        } catch {
            await bucket.close()
            throw error
        }
        for object in try await bucket.list() { try await bucket.delete(object.key) }
        _ = try await bucket.send(.init(method: .DELETE))
        await bucket.close()
    }
}

extension Trait where Self == ConditionTrait {
    /// Tests against a real object store.
    static var objectStore: Self {
        .enabled("SKIP: GATEHOUSE_S3_ENDPOINT is not set; `make object-stores` runs these against Ceph and Swift") {
            ObjectStore.here != nil
        }
    }
}

/// `misbehaving_proxy.py` before the object store.
struct MisbehavingProxy {
    private let process: ChildProcess
    private let log: String
    let port: Int

    init(
        before store: ObjectStore, faults: [String], certificate: (file: String, key: String)? = nil
    ) async throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/misbehaving_proxy.py"
        log = FileManager.default.temporaryDirectory.path + "/gatehouse-proxy-\(UUID().uuidString)"
        var arguments = [script, "\(store.port)", faults.joined(separator: ",")]
        if let certificate { arguments += [certificate.file, certificate.key] }
        let output = try DurableFile.openForAppending(log)
        var options = ChildProcess.Options()
        options.standard = [nil, output.number, nil]
        options.diesWithParent = true
        process = try ChildProcess("python3", arguments, options: options)
        var port: Int?
        let deadline = ContinuousClock.now + .seconds(240)
        while port == nil, ContinuousClock.now < deadline {
            try await Task.sleep(for: .milliseconds(20))
            port = try Self.lines(log).first.flatMap { Int($0) }
        }
        self.port = try #require(port, "the proxy did not start")
    }

    var endpoint: String { "http://127.0.0.1:\(port)" }

    private static func lines(_ log: String) throws -> [String] {
        let text = String(decoding: try DurableFile.read(log) ?? [], as: UTF8.self)
        return text.hasSuffix("\n") ? text.split(separator: "\n").map(String.init) : []
    }

    /// Ends the proxy; what it did with each request, as `fault METHOD`.
    func stop() throws -> [String] {
        process.kill()
        _ = try process.wait()
        let requests = try Self.lines(log).dropFirst()
        try DurableFile.remove(log)
        return requests.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }
    }
}
