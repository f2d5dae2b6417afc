import Foundation
import Host
package import Model
import Synchronization

/// The addresses of the control plane, as its name is resolved: what the host must be able to reach whatever it enforces.
///
/// They are asked for again and again by a thread of their own, since a resolver may keep one waiting, and kept in a file, so that
/// they are known at a start before anything was resolved.
package final class ServerAddresses: Sendable {
    private let name: String
    private let path: String
    private let known: Mutex<Set<IPAddress>>
    /// Between two times that a name is resolved, in seconds.
    private static let pause: TimeInterval = 30

    /// * `server`: `https://NAME:PORT`.
    package init(server: String, folder: UplinkFolder) {
        let host = URL(string: server)?.host ?? ""
        name = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
        path = folder.serverAddresses
        let kept = String(decoding: (try? DurableFile.read(path)) ?? [], as: UTF8.self)
        let addresses = IPAddress(name).map { [$0] } ?? kept.split(separator: "\n").compactMap { IPAddress(String($0)) }
        known = Mutex(Set(addresses))
    }

    package var addresses: Set<IPAddress> { known.withLock { $0 } }

    /// Resolves the name now, and keeps what it gives; where it gives nothing, what was known stays.
    package func resolve() {
        let found = Set(NameLookup.addresses(of: name).compactMap { IPAddress($0) })
        guard !found.isEmpty, found != addresses else { return }
        known.withLock { $0 = found }
        let text = found.sorted().map { "\($0)\n" }.joined()
        // Without the file the next start knows less, for a moment.
        try? DurableFile.replace(path, with: Array(text.utf8))
    }

    /// Resolves it from now on, on a thread of its own. An address needs none.
    package func watch() {
        guard IPAddress(name) == nil else { return }
        Thread.detachNewThread {
            while true {
                self.resolve()
                Thread.sleep(forTimeInterval: Self.pause)
            }
        }
    }
}
