import HTTPTypes
import Link
import Model
package import Registry
import Synchronization

/// Has hosts try a bucket that their collectors fill: a folder is theirs, and so are the network and the credentials.
package final class HostBucketTests: Sendable {
    /// What a host said.
    package enum Outcome: Hashable, Sendable {
        /// An object went in and out.
        case writable
        /// What failed and how it is mended.
        case fault(String)
        /// It is not here, is of a release that cannot try buckets, or did not answer in time.
        case silent
    }

    /// Which hosts are asked at most, and how long they are waited for.
    package static let askedAtOnce = 16
    private static let patience = Duration.seconds(20)

    private let connections: HostConnections
    /// Whom an answer is awaited from, by host and test.
    private let waiting = Mutex<[String: CheckedContinuation<Outcome, Never>]>([:])

    init(connections: HostConnections) { self.connections = connections }

    /// What each of the hosts says of a bucket, in the order of `hosts`; further than `askedAtOnce` are not asked.
    package func outcomes(of bucket: StoredBucket, at hosts: [String]) async -> [(host: String, outcome: Outcome)] {
        await withTaskGroup(of: (Int, Outcome).self) { group in
            let asked = Array(hosts.prefix(Self.askedAtOnce))
            for (place, host) in asked.enumerated() {
                group.addTask { (place, await self.outcome(of: bucket.location, at: host)) }
            }
            var outcomes = [Outcome](repeating: .silent, count: asked.count)
            for await (place, outcome) in group { outcomes[place] = outcome }
            return zip(asked, outcomes).map { ($0, $1) }
        }
    }

    private func outcome(of location: String, at host: String) async -> Outcome {
        let request = BucketTestRequest(id: Change.newID(), bucket: location)
        guard let line = try? ControlCodec.encode(HostMessage.bucketTest(request)) else { return .silent }
        let key = Self.key(host, request.id)
        let clock = Task {
            try? await Task.sleep(for: Self.patience)
            self.resolve(key, .silent)
        }
        defer { clock.cancel() }
        return await withCheckedContinuation { continuation in
            waiting.withLock { $0[key] = continuation }
            if !connections.send(line, to: host, thatUnderstands: .bucketTests) { resolve(key, .silent) }
        }
    }

    private func resolve(_ key: String, _ outcome: Outcome) {
        waiting.withLock { $0.removeValue(forKey: key) }?.resume(returning: outcome)
    }

    /// A host answers for itself alone.
    private static func key(_ host: String, _ test: String) -> String { "\(host) \(test)" }

    /// `POST agent/bucket-tests`: what came of a test; one that nobody waits for any more is let go.
    func take(_ call: Call, _ host: String) async throws -> Answer {
        let answer: BucketTestAnswer = try await call.message()
        resolve(Self.key(host, answer.id), answer.fault.map { .fault(Limit.failureText.cut($0)) } ?? .writable)
        return Answer(.noContent)
    }
}
