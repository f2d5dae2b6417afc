import Foundation
import Host

/// Packets that the kernel has taken from a sender and not worked through: a sent frame may wait there after `sendto` has
/// returned, for as long as others keep the processor busy.
package enum PacketBacklog {
    /// Waits until none wait on any processor, two looks in a row.
    package static func settle() throws {
        var quiet = 0
        let end = SystemClock.monotonic + 10_000_000_000
        while quiet < 2 {
            quiet = try waiting() == 0 ? quiet + 1 : 0
            guard SystemClock.monotonic < end else { return }
            Thread.sleep(forTimeInterval: 0.001)
        }
    }

    /// The sum of the twelfth hexadecimal number of each processor's line in /proc/net/softnet_stat (`softnet_seq_show`).
    private static func waiting() throws -> Int {
        let text = try String(contentsOfFile: "/proc/net/softnet_stat", encoding: .utf8)
        return text.split(separator: "\n").reduce(0) { sum, line in
            let words = line.split(separator: " ").map { Int($0, radix: 16) ?? 0 }
            return words.count > 11 ? sum + words[11] : sum
        }
    }
}
