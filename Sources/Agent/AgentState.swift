import Enforcement
import Host
import Link
import Model

/// What an agent must find again after a restart, beside records and revisions.
struct AgentState: Codable {
    var indexes = RuleIndexes()
    var epoch = 0
    /// Since when each revision is in the kernel, by nanoseconds since 1970.
    var history: [Int64: Int] = [:]
    /// The last revision that the kernel had.
    var revision = 0
    /// Devices that the last revision named; nil where an agent of before wrote the state.
    var devices: Set<String>?
    /// What was said of it, for a control plane that asks again.
    var receipt: Receipt?
    /// When sessions of rules that have gone are to be cut, in nanoseconds since 1970; nil for never.
    var cutsDue: [Int64]?
    /// Devices that had an interface, and those that are held, with their numbers in the boot named below.
    var bound: [String: UInt32]?
    var held: [String: UInt32]?
    var bootID: String?
    /// When packets passed unjudged; the last spans.
    var unguarded: [UnguardedSpan]?
    /// Devices that were attached to interfaces; nil where an agent of before wrote the state.
    var attached: [AttachedDevice]?

    /// Who has what several may use; nil where nobody claimed anything yet.
    var holdings: [Holding]?

    /// Addresses that interfaces learned; nil where none ever did.
    var leases: Leases?

    struct Holding: Hashable, Codable {
        let address: IPAddress
        /// nil for somebody beyond this host.
        let interface: Identifier<Interface>?
    }

    var claims: [IPAddress: AddressHolder] {
        guard holdings != nil else { return [:] }
        return Dictionary((holdings ?? []).map { ($0.address, $0.interface.map { .interface($0) } ?? .elsewhere) }) {
            _, last in last
        }
    }

    /// What is to be held at a start, as far as no interface has it: devices keep their numbers until the next boot.
    func heldDevices(isSameBoot: Bool) -> [String: UInt32] {
        let held = held ?? [:]
        guard isSameBoot else { return held.mapValues { _ in 0 } }
        return (bound ?? [:]).merging(held) { first, _ in first }
    }

    static func load(_ folder: DataFolder) throws -> AgentState {
        guard let bytes = try DurableFile.read(folder.state) else { return AgentState() }
        return try ControlCodec.decode(bytes)
    }

    func save(_ folder: DataFolder) throws {
        try DurableFile.replace(folder.state, with: try ControlCodec.encode(self))
    }
}
