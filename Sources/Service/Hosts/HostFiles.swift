import Dispatch
import HTTPTypes
import Model
import Synchronization

/// Takes in the bytes of hosts' records and events.
package final class HostFiles: Sendable {
    private let store: HostFolder
    private let quota: Int
    /// What each host has here, once it has written since the server's start; only touched on `disk`.
    private let usages = Mutex<[String: HostFolder.Usage]>([:])
    private let disk = DispatchQueue(label: "gatehouse.hosts.disk")

    /// * `folder`: where the hosts' records are kept.
    /// * `quota`: how many bytes of each host.
    init(folder: String, quota: Int) {
        store = HostFolder(path: folder)
        self.quota = quota
    }

    /// `GET agent/files`: how many bytes of each file are here.
    func sizes(_ host: String) async throws -> Answer {
        let sizes = try await onDisk { [store] in try store.sizes(host) }.sorted { $0.key < $1.key }.map {
            ($0.key, JSON.int($0.value))
        }
        return Answer(.ok, .object(JSONObject(sizes)))
    }

    /// `PUT agent/files/NAME?offset=N`: bytes of a file that only grows; writing them again changes nothing.
    func write(_ call: Call, _ host: String) async throws -> Answer {
        guard call.path.count >= 3, let offset = call.values("offset").first.flatMap({ Int($0) }), offset >= 0 else {
            throw Refusal.badRequest("agent/files/NAME?offset=N is wanted")
        }
        let name = call.path.dropFirst(2).joined(separator: "/")
        let size = try await onDisk { [self] in try write(call.body, to: name, at: offset, of: host) }
        return Answer(.ok, .object(["size": .int(size)]))
    }

    /// What an operator has taken away is found when it seems too much.
    private func write(_ bytes: [UInt8], to name: String, at offset: Int, of host: String) throws -> Int {
        var usage = try usages.withLock { $0[host] } ?? store.usage(host)
        if usage.bytes + bytes.count > quota || usage.files >= Limit.filesOfHost.bound { usage = try store.usage(host) }
        defer { usages.withLock { $0[host] = usage } }
        return try store.write(bytes, to: name, at: offset, of: host, quota: quota, &usage)
    }

    /// Files are read and written on a thread that may wait for the disk, one at a time.
    private func onDisk<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            disk.async { continuation.resume(with: Result(catching: body)) }
        }
    }
}
