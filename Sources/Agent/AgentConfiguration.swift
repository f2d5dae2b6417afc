package import Delivery
import Host
package import Link
package import Model
package import Telemetry

/// How an agent is set up.
package struct AgentConfiguration: Sendable {
    package var folder: DataFolder
    /// This host's name: in records, events, receipts and status.
    package var host = Machine.hostName
    /// The port of loopback where `/metrics` is answered; nil for nowhere.
    package var metrics: (port: UInt16, isIPv6: Bool)?
    /// Length of a capture window, 1 s to 10 min.
    package var window: Duration = .seconds(60)
    /// Lines a second that the event logs take; what is beyond is counted in summary lines.
    package var eventsPerSecond = 20_000
    /// How many bytes of records are kept; beyond, the oldest go, delivered or not. The disk may have room for less.
    package var spoolBytes = 4 << 30
    /// How Neutron's log is written.
    package var networkLog = NetworkLogSettings()
    /// The file that says so, read anew at SIGHUP; nil where nobody gave one.
    package var networkLogFile: String?
    /// Devices to which no interface is bound, whatever a policy says.
    package var neverBound: Set<String> = []
    /// Addresses of the control plane, as far as they are known: the way to them stays open.
    package var servers: @Sendable () -> Set<IPAddress> = { [] }
    /// Whether routes, proxying and forwarding are set up for the devices.
    package var connectsDevices = true
    /// Whether rules are put into the kernel; without, traffic is neither judged nor recorded.
    package var enforces = true

    /// Where components count.
    package var store = MetricsStore()
    /// What stands against the wire to a control plane at the moment, in words.
    package var uplinkProblems: @Sendable () -> [String] = { [] }
    /// Signs the manifests of what was delivered; nil where the host does that alone.
    package var manifestSigner: ManifestSigner?
    /// Has the control plane bind ports to devices that are attached; nil without one.
    package var binder: PortBinder?
    /// Says a line to the operator.
    package var tell: @Sendable (String) -> Void = { _ in }

    package init(folder: DataFolder) { self.folder = folder }

    /// Kernel memory for messages that wait: what the design measured to lose nothing at full speed.
    static let receiveBufferBytes: Int32 = 32 << 20
    /// The same for translated sessions, of which some may be missed.
    static let translationBufferBytes: Int32 = 4 << 20
    /// Datagrams of ended connections that are taken and not yet in a record; each is one connection.
    static let endedSlots = 1 << 13
    static let endedSlotBytes = 1024
    /// NFLOG datagrams. The kernel fills the whole allocation behind a buffer of 128 KiB, which is 256.
    static let logSlots = 128
    static let logSlotBytes = 256 << 10
}
