import Attribution
import Host
import Netlink

/// The agent's sockets: those that a supervisor kept from the process before, or new ones.
///
/// While the two multicast sockets are open somewhere, the kernel goes on filling them; so a killed agent's successor reads
/// on where it stopped.
struct KernelSockets {
    /// Requests and dumps.
    let requests: NetfilterSocket
    let dumps: NetfilterSocket
    /// Ended connections.
    let ended: NetfilterSocket
    /// Packets that NFLOG reports.
    let log: NetfilterSocket
    /// Whether the ended-connections socket comes from the process before.
    let isContinued: Bool
    /// Whether a supervisor keeps the sockets now.
    let isKept: Bool

    init(inherited: [String: Int32], store: DescriptorStore) throws {
        requests = try NetfilterSocket()
        dumps = try NetfilterSocket()
        if let number = inherited["ended"] {
            ended = NetfilterSocket(adopting: number)
        } else {
            ended = try NetfilterSocket()
            try ended.setReceiveBuffer(AgentConfiguration.receiveBufferBytes)
            try ConnectionTracking.subscribeToEnds(ended)
        }
        isContinued = inherited["ended"] != nil
        if let number = inherited["log"] {
            log = NetfilterSocket(adopting: number)
        } else {
            log = try NetfilterSocket()
            try log.setReceiveBuffer(AgentConfiguration.receiveBufferBytes)
            try PacketLog.bind(log, .init(group: KernelNames.logGroup))
        }
        if inherited["ended"] == nil { try store.keep(ended.number, named: "ended") }
        if inherited["log"] == nil { try store.keep(log.number, named: "log") }
        isKept = store.isAvailable
    }
}
