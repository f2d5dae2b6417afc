import Foundation
import Host
package import Model
import Synchronization

/// What a host was like before anything was changed on it, kept in a file, so that it can be so again.
///
/// The first value of each thing counts, however many agents follow. One a process, as the switches are: they are the network
/// namespace's. The file is one JSON object a line, each with what was new then; it is drawn up anew at each start.
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

        /// Adds what another one knows and this one does not.
        mutating func add(_ other: Contents) {
            switches.merge(other.switches) { first, _ in first }
            addresses.formUnion(other.addresses)
            devices.formUnion(other.devices)
            bridges.formUnion(other.bridges)
        }

        /// Forgets devices that are gone: their switches went with them, and engines give theirs ever new names.
        mutating func prune() {
            let gone = devices.union(bridges).filter { !FormerState.isThere($0) }
            guard !gone.isEmpty else { return }
            devices.subtract(gone)
            bridges.subtract(gone)
            switches = switches.filter { path, _ in
                let parts = path.split(separator: "/")
                return parts.count != 4 || !gone.contains(String(parts[2]))
            }
        }
    }

    private struct State {
        var contents = Contents()
        /// What is in no line of the file yet.
        var unwritten = Contents()
        var path: String?
        var lines = 0
    }

    private static let mostLines = 4096

    private let state = Mutex(State())

    /// Goes on with what the file says; from here on each first change is kept in it.
    package func begin(file path: String) throws {
        var contents = try Self.read(path) ?? Contents()
        contents.prune()
        if DurableFile.exists(path) { try DurableFile.replace(path, with: Self.line(contents)) }
        let begun = contents
        state.withLock { $0 = State(contents: begun, path: path) }
    }

    /// What the file says; nil where there is none. A last line that a crash cut off was told to nobody.
    package static func read(_ path: String) throws -> Contents? {
        guard let bytes = try DurableFile.read(path) else { return nil }
        let lines = bytes.split(separator: UInt8(ascii: "\n"))
        var contents = Contents()
        for (place, line) in lines.enumerated() {
            do {
                contents.add(try JSONDecoder().decode(Contents.self, from: Data(line)))
            } catch {
                guard place == lines.count - 1, bytes.last != UInt8(ascii: "\n") else { throw error }
            }
        }
        return contents
    }

    private static func line(_ contents: Contents) throws -> [UInt8] {
        Array(try JSONEncoder().encode(contents)) + [UInt8(ascii: "\n")]
    }

    /// Whether this network namespace has a device of the name.
    static func isThere(_ device: String) -> Bool { DurableFile.exists("/proc/sys/net/ipv4/conf/\(device)") }

    /// To be called before switches are written, `lo` gets addresses, devices get routes and proxying, bridges are switched.
    ///
    /// What cannot be written now is kept and written with the next change: rules do not wait for it.
    ///
    /// * `switchesOf`: those of a device, which are looked at when it is new.
    package func note(
        switches: [String] = [], addresses: [IPAddress] = [], devices: [String] = [], bridges: [String] = [],
        switchesOf: (String) -> [String] = { _ in [] }
    ) {
        state.withLock { state in
            guard let path = state.path else { return }
            var fresh = Contents()
            fresh.devices = Set(devices).subtracting(state.contents.devices)
            for path in switches + fresh.devices.flatMap(switchesOf) where state.contents.switches[path] == nil {
                guard let bytes = try? DurableFile.read("/proc/sys/net/\(path)") else { continue }
                fresh.switches[path] = String(decoding: bytes, as: UTF8.self).trimmingCharacters(
                    in: .whitespacesAndNewlines)
            }
            let wanted = Set(addresses.map { "\(IPPrefix($0))" }).subtracting(state.contents.addresses)
            // Where `lo` cannot be asked, an address stays that may have been the host's own.
            if !wanted.isEmpty, let present = Self.onLoopback { fresh.addresses = wanted.subtracting(present) }
            fresh.bridges = Set(bridges).subtracting(state.contents.bridges)
            state.contents.add(fresh)
            state.unwritten.add(fresh)
            guard state.unwritten != Contents() else { return }
            do {
                try write(&state, path)
            } catch {
                // Kept for the next time.
            }
        }
    }

    private func write(_ state: inout State, _ path: String) throws {
        state.lines += 1
        if state.lines > Self.mostLines {
            state.contents.prune()
            try DurableFile.replace(path, with: Self.line(state.contents))
            state.lines = 0
        } else {
            let isNew = !DurableFile.exists(path)
            let file = try DurableFile.openForAppending(path)
            try file.writeAll(try Self.line(state.unwritten))
            try file.synchronize()
            if isNew { try DurableFile.synchronizeFolder(of: path) }
        }
        state.unwritten = Contents()
    }

    /// The addresses of `lo`, each with its prefix; nil where nobody says.
    private static var onLoopback: Set<String>? {
        guard let listed = try? ChildProcess.run("ip", ["-o", "addr", "show", "dev", "lo"]), listed.exit == .code(0)
        else {
            return nil
        }
        let words = listed.output.split { $0 == " " || $0 == "\n" }.map(String.init)
        return Set(zip(words, words.dropFirst()).filter { $0.0 == "inet" || $0.0 == "inet6" }.map(\.1))
    }
}
