import Foundation
import Host
import Model
import Synchronization

/// What a host was like before anything was changed on it, kept in a file, so that it can be so again.
///
/// The first value of each thing counts, however many agents follow. One a process, as the switches are: they are the network
/// namespace's.
package final class FormerState: Sendable {
    package static let shared = FormerState()

    /// What was there.
    package struct Contents: Codable, Hashable, Sendable {
        /// Values of switches below /proc/sys/net.
        package var switches: [String: String] = [:]
        /// Addresses of `lo` that were not there.
        package var addresses: Set<String> = []
        /// Guests' devices that got routes and proxying.
        package var devices: Set<String> = []
        /// Bridges that did not hand their frames over by a switch of their own.
        package var bridges: Set<String> = []

        package init() {}
    }

    private struct State {
        var contents = Contents()
        var path: String?
        var isWritten = true
    }

    private let state = Mutex(State())

    /// Goes on with what the file says; from here on each first change is kept in it.
    package func begin(file path: String) throws {
        let contents = try Self.read(path) ?? Contents()
        state.withLock { $0 = State(contents: contents, path: path) }
    }

    /// What the file says; nil where there is none.
    package static func read(_ path: String) throws -> Contents? {
        try DurableFile.read(path).map { try JSONDecoder().decode(Contents.self, from: Data($0)) }
    }

    /// To be called before a switch is written.
    func note(switch path: String) {
        note { contents in
            guard contents.switches[path] == nil,
                let bytes = try? DurableFile.read("/proc/sys/net/\(path)")
            else { return false }
            contents.switches[path] = String(decoding: bytes, as: UTF8.self).trimmingCharacters(
                in: .whitespacesAndNewlines)
            return true
        }
    }

    /// To be called before `lo` gets an address.
    func note(address: IPAddress) {
        note { contents in
            let text = "\(IPPrefix(address))"
            guard !contents.addresses.contains(text), !Self.isOnLoopback(text, address.family) else { return false }
            contents.addresses.insert(text)
            return true
        }
    }

    /// To be called before a device gets routes and proxying.
    func note(device: String) { note { $0.devices.insert(device).inserted } }

    /// To be called before a bridge is switched.
    package func note(bridge: String) { note { $0.bridges.insert(bridge).inserted } }

    /// What cannot be written now is kept and written with the next change: rules do not wait for it.
    private func note(_ change: (inout Contents) -> Bool) {
        state.withLock { state in
            guard let path = state.path else { return }
            let isChanged = change(&state.contents)
            guard isChanged || !state.isWritten else { return }
            do {
                try DurableFile.replace(path, with: Array(try JSONEncoder().encode(state.contents)))
                state.isWritten = true
            } catch {
                state.isWritten = false
            }
        }
    }

    private static func isOnLoopback(_ address: String, _ family: AddressFamily) -> Bool {
        let version = family == .ipv4 ? "-4" : "-6"
        let listed = try? ChildProcess.run("ip", [version, "-o", "addr", "show", "dev", "lo"])
        return listed?.output.split(separator: "\n").contains { $0.split(separator: " ").contains(Substring(address)) }
            == true
    }
}
