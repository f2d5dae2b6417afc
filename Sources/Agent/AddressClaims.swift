import Host
import Model
import Netlink

/// Who may claim what on which device, and what was claimed and is not in force yet.
struct AddressClaims {
    /// Whoever speaks on a device.
    enum Speaker: Equatable {
        case interface(Identifier<Interface>, [PermittedSource])
        /// A port of a bridge that leads beyond this host, or that no interface claims.
        case outsider
    }

    var watch = ClaimWatch()
    /// Interfaces that learn their address, by the number of their device.
    private(set) var leases: [UInt32: LeasePlace] = [:]
    private var speakers: [UInt32: Speaker] = [:]
    /// What pairs name: nothing else can be claimed.
    private var contested: [IPPrefix] = []
    private var pending: [IPAddress: AddressHolder] = [:]
    private var movedAt: [IPAddress: Int64] = [:]
    private var takenAt: Int64 = 0

    /// Between two moves of one address: two that claim it by turns do not keep the agent from its work.
    private static let pause: Int64 = 500_000_000
    /// Between two moves of any.
    private static let shortPause: Int64 = 50_000_000
    /// So many addresses wait at most; whoever may claim a block can name all of it.
    private static let maximumPending = 256
    /// So many addresses of its blocks an interface has at most by claims.
    static let maximumPerInterface = 256

    /// Nanoseconds until something that waits may be put in force; nil where nothing does.
    var pauseNanoseconds: Int64? {
        guard !pending.isEmpty else { return nil }
        let now = SystemClock.monotonic
        let due = pending.keys.map { (movedAt[$0] ?? 0) + Self.pause }.min() ?? 0
        return max(0, max(due, takenAt + Self.shortPause) - now)
    }

    /// Listens to other devices.
    ///
    /// * `leases`: interfaces that learn their address.
    /// * `devices`: the names of those that are listened on.
    mutating func listen(
        to speakers: [UInt32: Speaker], contested: [IPPrefix], leases: [UInt32: LeasePlace], devices: [UInt32: String]
    ) {
        (self.speakers, self.contested, self.leases) = (speakers, contested, leases)
        pending = pending.filter { claim in contested.contains { $0.contains(claim.key) } }
        movedAt = movedAt.filter { claim in contested.contains { $0.contains(claim.key) } }
        watch.listen(on: devices)
    }

    /// Notes a claim; one that the speaker may not make is none.
    mutating func note(_ address: IPAddress, mac: MACAddress, on device: UInt32, holders: [IPAddress: AddressHolder]) {
        guard let speaker = speakers[device], contested.contains(where: { $0.contains(address) }) else { return }
        let holder: AddressHolder
        switch speaker {
        case .outsider: holder = .elsewhere
        case .interface(let id, let sources):
            guard sources.contains(where: { $0.prefix.contains(address) && ($0.mac ?? mac) == mac }) else { return }
            holder = .interface(id)
        }
        if holders[address] == holder {
            pending[address] = nil
        } else if pending[address] != nil || pending.count < Self.maximumPending,
            holders[address] != nil || holders.count(where: { $0.value == holder }) < Self.maximumPerInterface
        {
            pending[address] = holder
        }
    }

    /// Has what could not be put in force wait again, but where something newer does.
    mutating func putBack(_ claimed: [IPAddress: AddressHolder]) { pending.merge(claimed) { newer, _ in newer } }

    /// What may be put in force now.
    mutating func takeDue() -> [IPAddress: AddressHolder] {
        guard !pending.isEmpty else { return [:] }
        let now = SystemClock.monotonic
        guard now >= takenAt + Self.shortPause else { return [:] }
        takenAt = now
        let due = pending.filter { (movedAt[$0.key] ?? -Self.pause) + Self.pause <= now }
        for address in due.keys {
            pending[address] = nil
            movedAt[address] = now
        }
        return due
    }
}
