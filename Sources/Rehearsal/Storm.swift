import CRehearsal
import Host
package import Model

/// Frames made by hand, each a new session: floods, scans and spoofed packets.
package struct Storm: Sendable {
    package var device = "eth0"
    package var targetMAC: MACAddress
    package var source: IPAddress
    package var sourceSpan: UInt32 = 1
    package var target: IPAddress
    package var transport: TransportProtocol = .udp
    package var sourcePorts: ClosedRange<UInt16> = 1024...60_000
    package var targetPorts: ClosedRange<UInt16> = 1024...60_000
    package var packets: UInt64
    /// Packets a second; 0 is as many as go.
    package var rate: Double = 0
    package var seconds: Double = 10
    package var frameBytes: UInt16 = 64
    package var first: UInt64 = 0

    package init(from source: IPAddress, to target: IPAddress, via targetMAC: MACAddress, packets: UInt64) {
        self.source = source
        self.target = target
        self.targetMAC = targetMAC
        self.packets = packets
    }

    /// Sends the storm from a namespace.
    ///
    /// - Returns: how many frames were sent.
    package func send(from namespace: String) throws -> Int {
        try NetworkNamespace.within(namespace) {
            let sent = unsafe device.withCString { name in
                var storm = unsafe gh_storm()
                unsafe storm.device = unsafe name
                let mac = targetMAC.bits
                func byte(_ shift: UInt64) -> UInt8 { UInt8(truncatingIfNeeded: mac >> shift) }
                unsafe storm.target_mac = (byte(40), byte(32), byte(24), byte(16), byte(8), byte(0))
                unsafe storm.source = UInt32(truncatingIfNeeded: source.low)
                unsafe storm.source_span = sourceSpan
                unsafe storm.target = UInt32(truncatingIfNeeded: target.low)
                unsafe storm.protocol = transport.rawValue
                unsafe storm.first_source_port = sourcePorts.lowerBound
                unsafe storm.source_ports = UInt16(clamping: sourcePorts.count)
                unsafe storm.first_target_port = targetPorts.lowerBound
                unsafe storm.target_ports = UInt16(clamping: targetPorts.count)
                unsafe storm.packets = packets
                unsafe storm.rate = rate
                unsafe storm.seconds = seconds
                unsafe storm.frame_bytes = frameBytes
                unsafe storm.first = first
                return unsafe gh_send_storm(&storm)
            }
            guard sent >= 0 else { throw SystemError("storm", device, code: Int32(-sent)) }
            return Int(sent)
        }
    }
}
