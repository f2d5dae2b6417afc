import Host
import Rehearsal

extension Storm {
    /// Sends the storm and tells how many of its packets came to the other end of its device: how many a loaded machine sends in
    /// a time, and how many its queues drop, is no matter of the test.
    func sendCounted(from namespace: String) throws -> UInt64 {
        let before = try Self.dropped(device, namespace)
        let sent = try send(from: namespace)
        return UInt64(sent) - (try Self.dropped(device, namespace) - before)
    }

    /// Packets that a device took to send and dropped (`/proc/net/dev`).
    private static func dropped(_ device: String, _ namespace: String) throws -> UInt64 {
        let text = try NetworkNamespace.within(namespace) {
            String(decoding: try DurableFile.read("/proc/thread-self/net/dev") ?? [], as: UTF8.self)
        }
        for line in text.split(separator: "\n") {
            let words = line.split { $0 == " " || $0 == ":" }
            // Eight columns of what is received, then bytes, packets, errors and drops of what is sent.
            if words.first.map(String.init) == device, words.count > 12, let count = UInt64(words[12]) { return count }
        }
        throw SystemError("read", "/proc/net/dev of \(device)", code: 19)
    }
}
