import Model

/// The numbers by which a frame carries, in its priority, that it has passed the gate.
///
/// A frame's way: `port_guard` says whose it is where it is from a port's own address; `guard` asks for that where it is from an
/// interface's address, which is nobody else's to send from, and gives it the number of the bridge that it came in by; the port stage asks for the port's own
/// bridge, and lets nothing pass that bears another number or none. So a port that was moved to another bridge, and frames of
/// a bridge whose switch somebody turned off, are refused, not free.
///
/// | number | meaning |
/// |---|---|
/// | `6a01:0000` to `6a01:ffff` | passed the gate of this bridge |
/// | `6a00:0001` | passed the port stage as well: `postrouting` must not take it for the host's own |
/// | `6a00:0002` | comes from the port whose address it bears |
package enum BridgeNumber {
    static let passed: UInt32 = 0x6a00_0001
    static let own: UInt32 = 0x6a00_0002

    /// The number of each bridge: derived from its name, the next one where another bridge has that.
    package static func numbers(_ bridges: [String]) -> [String: UInt32] {
        var numbers: [String: UInt32] = [:]
        var taken: Set<UInt32> = []
        for bridge in Set(bridges).sorted() {
            var number = UInt16(truncatingIfNeeded: Identifier<Ruleset>(derivedFrom: "bridge", bridge).low)
            while !taken.insert(UInt32(number)).inserted { number &+= 1 }
            numbers[bridge] = 0x6a01_0000 | UInt32(number)
        }
        return numbers
    }
}
