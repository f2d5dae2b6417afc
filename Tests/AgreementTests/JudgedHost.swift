import Attribution
import Capture
import Enforcement
import Foundation
import Host
import Model
import Netlink
import Policy
import Rehearsal
import Spools
import TestSupport
import Testing

/// A host in namespaces whose guests are silent, with the rules of an enforcer and the reports of NFLOG.
final class JudgedHost {
    let host: TestHost
    private let enforcer: Enforcer
    private let dumps: NetfilterSocket
    private let log: NetfilterSocket
    private let journal: ReceiveJournal
    private let journalPath: String
    private var indexes = RuleIndexes()
    private var attributor = Attributor()
    private var spaces: [String] = []
    /// What enterprise rules noted, as the last call of `events` found it.
    private(set) var observations: [FlowKey: Set<Judgement.Observation>] = [:]
    private var guestMACs: [MACAddress] = []
    private var hostMACs: [MACAddress] = []
    /// Guests whose device is a port of `br0`, by their index; the outside may be one of them.
    let bridged: Set<Int>

    init(_ label: String, bridged: Set<Int> = []) throws {
        self.bridged = bridged
        host = try TestHost(label)
        let socket = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        enforcer = Enforcer(program: NftProgram(namespace: host.name), socket: socket, epoch: 0)
        dumps = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        log = try NetworkNamespace.within(host.name) { try NetfilterSocket() }
        try log.setReceiveBuffer(8 << 20)
        var configuration = PacketLog.Configuration(group: KernelNames.logGroup)
        configuration.flushHundredths = 1
        configuration.queueThreshold = 1
        try PacketLog.bind(log, configuration)
        journalPath = FileManager.default.temporaryDirectory.path + "/\(host.name).journal"
        journal = try ReceiveJournal(path: journalPath, slots: 128, slotSize: 1 << 18, committed: 0)
        try NetworkNamespace.within(host.name) { try Plumbing().prepareHost() }
        if !bridged.isEmpty {
            try TestHost.run("ip", "-n", host.name, "link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
            // Its own, which further ports do not change.
            try TestHost.run("ip", "-n", host.name, "link", "set", "br0", "address", "02:00:00:00:00:fe", "up")
        }
        for (index, name) in RandomPolicy.instances.enumerated() {
            try addGuest(name, device: "gh-\(name)", RandomPolicy.addresses(index))
        }
        try addGuest("out", device: "up0", RandomTraffic.outsideAddresses)
        for address in RandomTraffic.hostAddresses {
            try TestHost.run("ip", "-n", host.name, "addr", "add", "\(IPPrefix(address))", "dev", "lo", "nodad")
        }
        try mute(host.name, hook: "output", exceptPrograms: true)
    }

    func remove() {
        host.remove()
        try? FileManager.default.removeItem(atPath: journalPath)
    }

    private func addGuest(_ name: String, device: String, _ addresses: [IPAddress]) throws {
        let space = try host.addGuest(name, device: device, addresses: [])
        spaces.append(space)
        let guest = try NetworkNamespace.within(space) { try NetworkDevices.linkAddress("eth0") }
        let isBridged = bridged.contains(spaces.count - 1)
        if isBridged { try TestHost.run("ip", "-n", host.name, "link", "set", device, "master", "br0") }
        let device = isBridged ? "br0" : device
        let port = try NetworkNamespace.within(host.name) { try NetworkDevices.linkAddress(device) }
        guestMACs.append(MACAddress(bits: guest))
        hostMACs.append(MACAddress(bits: port))
        for address in addresses {
            let family = address.family == .ipv4 ? "-4" : "-6"
            try TestHost.run("ip", family, "-n", host.name, "route", "add", "\(IPPrefix(address))", "dev", device)
            try TestHost.run(
                "ip", family, "-n", host.name, "neigh", "add", "\(address)", "lladdr", "\(MACAddress(bits: guest))",
                "dev",
                device, "nud", "permanent")
        }
        try mute(space, hook: "prerouting")
    }

    /// Nobody answers by himself: every packet of the test is the test's own.
    private func mute(_ space: String, hook: String, exceptPrograms: Bool = false) throws {
        try NftProgram(namespace: space).apply(
            """
            table inet mute {
             chain silence {
              type filter hook \(hook) priority -400; policy drop;
              \(exceptPrograms ? "meta skuid 0 accept" : "")
             }
            }

            """)
    }

    /// Puts the policy into the kernel and forgets all sessions and events.
    func enforce(_ revision: Revision) throws {
        let devices = Dictionary(
            revision.policy.placements.map { ($0.interface, $0.device) }, uniquingKeysWith: { first, _ in first })
        let plan = try HostPlan(revision.policy, devices: devices, bridges: bridges(revision.policy), indexes: &indexes)
        _ = try enforcer.apply(plan)
        try enforcer.tidy()
        var entries: [ConnectionEntry] = []
        try ConnectionTracking.dump(dumps) { entries.append($0) }
        for entry in entries { try ConnectionTracking.delete(dumps, entry) }
        let all = enforcer.presentCountingSets + (enforcer.countsBlocks ? CountingSet.ofObservations : [])
        let seen = all.filter { set in
            switch set.meaning {
            case .refused, .refusedAtEdge, .guarded, .blocked, .observed: true
            default: false
            }
        }
        try NftProgram(namespace: host.name).apply(
            seen.map { "flush set inet gatehouse \(SetName.seen($0).text)\n" }.joined())
        let numbers = try NetworkNamespace.within(host.name) { NetworkDevices.numbers() }
        var ports: [(port: Attributor.Port, addresses: [IPAddress], deviceNumber: UInt32)] = []
        var blocks: [Identifier<Interface>: [IPPrefix]] = [:]
        for vpc in revision.policy.holding().vpcs {
            for interface in vpc.instances.flatMap(\.interfaces) {
                blocks[interface.id] = interface.allPrefixes
                ports.append(
                    (
                        .init(interface, device: interface.device ?? "", groups: vpc.groups), interface.allAddresses,
                        try #require(numbers[interface.device ?? ""])
                    ))
            }
        }
        let known = indexes
        attributor = attributor.adopting(
            revision: revision.number, at: SystemClock.realtime, ports: ports, blocks: blocks,
            enterprise: revision.policy.enterprise ?? [],
            ruleCount: 65_536 - min(known.remaining(.egress), known.remaining(.ingress)), ruleAt: known.rule)
        _ = try events()
    }

    private func bridges(_ policy: Policy) -> HostPlan.HostBridges? {
        guard !bridged.isEmpty else { return nil }
        let attached = policy.placements.enumerated().filter { bridged.contains($0.offset) }.map {
            ($0.element.interface, "br0")
        }
        let members = (RandomPolicy.instances.map { "gh-\($0)" } + ["up0"]).enumerated().filter {
            bridged.contains($0.offset)
        }.map(\.element)
        return HostPlan.HostBridges(
            attached: Dictionary(attached) { first, _ in first }, bridges: [.init(name: "br0", members: members)])
    }

    /// The MAC of a guest on the bridge, as a policy may give it.
    func mac(_ guest: Int) -> MACAddress { guestMACs[guest] }

    /// The next hop of a frame: on the bridge its target itself, where that hangs there as well.
    private func nextHop(from sender: Int, to target: IPAddress) -> MACAddress {
        let goals = RandomPolicy.instances.indices.map(RandomPolicy.addresses) + [RandomTraffic.outsideAddresses]
        guard bridged.contains(sender), let goal = goals.firstIndex(where: { $0.contains(target) }),
            bridged.contains(goal)
        else { return hostMACs[sender] }
        return guestMACs[goal]
    }

    func send(_ shot: Shot) throws {
        guard shot.sender != RandomTraffic.host else {
            _ = try shot.handmade.send(asHost: host.name)
            return
        }
        for frame in shot.isFragmented ? shot.handmade.fragments : [shot.handmade] {
            try frame.send(
                from: spaces[shot.sender], device: "eth0", to: nextHop(from: shot.sender, to: shot.packet.key.target),
                as: guestMACs[shot.sender])
        }
    }

    func send(_ packet: HandmadePacket, from guest: Int) throws {
        try packet.send(from: spaces[guest], device: "eth0", to: hostMACs[guest], as: guestMACs[guest])
    }

    /// Sends a packet of the key from the host's own IP; the host's silence is broken by that.
    @discardableResult
    func sendFromHost(_ key: FlowKey, tcpFlags: UInt8 = 0) throws -> Bool {
        var shape = HandmadePacket.Shape()
        shape.hopLimit = 255
        return try HandmadePacket(key, tcpFlags: tcpFlags, shape: shape).send(asHost: host.name)
    }

    func space(_ guest: Int) -> String { spaces[guest] }

    /// Takes our table away, as a firewall's restart does, and leaves one that has conntrack follow what passes.
    func loseTable() throws {
        try NftProgram(namespace: host.name).apply(
            """
            delete table inet gatehouse
            table inet other {
             chain forward {
              type filter hook forward priority 0; policy accept;
              ct state established accept
             }
            }

            """)
    }

    func restoreTable() throws { try enforcer.repair() }

    /// The records of all that the counting sets of both generations hold, apart from what guests' kernels say by themselves,
    /// which have no other addresses than link-local ones.
    func countedRecords() throws -> [FlowRecord] {
        let ownWords = try ["fe80::/10", "::/128", "0.0.0.0/32"].map { try IPPrefix(parsing: $0) }
        return try allCountedRecords().filter { record in
            record.detail == .total || !ownWords.contains { $0.contains(record.key.initiator) }
        }
    }

    private func allCountedRecords() throws -> [FlowRecord] {
        try PacketBacklog.settle()
        let now = Timestamp(nanoseconds: SystemClock.realtime)
        let recorder = Recorder(
            attributor: attributor, books: Books(), restored: [:],
            window: CaptureWindow(length: .seconds(60), holding: now))
        return try enforcer.presentCountingSets.flatMap { (set: CountingSet) -> [FlowRecord] in
            let elements = try [0, 1].flatMap { try enforcer.countedElements(of: set, generation: $0) }
            return elements.flatMap { recorder.records(of: $0, in: set, Recorder.Span(start: now, end: now)) }
        }
    }

    /// The sessions that conntrack holds.
    func sessions() throws -> [ConnectionEntry] {
        try PacketBacklog.settle()
        var entries: [ConnectionEntry] = []
        try ConnectionTracking.dump(dumps) { entries.append($0) }
        return entries
    }

    /// The legs that NFLOG reported since the last call, by key.
    func events() throws -> [FlowKey: Set<Judgement.Leg>] {
        try PacketBacklog.settle()
        observations = [:]
        var found: [FlowKey: Set<Judgement.Leg>] = [:]
        var quiet = 0
        while quiet < 3 {
            _ = try Polling.wait([log.number], timeoutNanoseconds: 15_000_000)
            if try journal.receive(from: log) == 0 { quiet += 1 } else { quiet = 0 }
            for number in journal.released..<journal.next {
                journal.withDatagram(number) { view in
                    var cursor = LoggedPacketCursor(view)
                    var packets: [LoggedPacket] = []
                    while cursor.next(into: &packets) {
                        for packet in packets {
                            guard let prefix = LogPrefix(bytes: packet.prefix),
                                let event = EventDecoder.event(
                                    packet, view, prefix, sequence: 0, now: 0, attributor: attributor)
                            else { continue }
                            if event.isObservation {
                                observations[event.key, default: []].insert(
                                    .init(interface: event.interface, direction: event.direction, rule: event.rule))
                                continue
                            }
                            found[event.key, default: []].insert(
                                .init(
                                    interface: event.interface, direction: event.direction, verdict: event.verdict,
                                    stage: event.stage, rule: event.rule))
                        }
                    }
                }
            }
            journal.release(before: journal.next)
        }
        return found
    }

    /// Packets by account, as the kernel has counted since the table was made.
    func counters() throws -> [Books.Account: UInt64] {
        try PacketBacklog.settle()
        var found: [Books.Account: UInt64] = [:]
        for (set, way) in [(SetName.egressCounts, Way.out), (.ingressCounts, Way.into)] {
            for element in try enforcer.elements(of: set) {
                let device = String(decoding: element.key.prefix { $0 != 0 }, as: UTF8.self)
                let port = try #require(attributor.port(device: device))
                found[.init(port.interface, way), default: 0] += element.traffic.packets
            }
        }
        for family in AddressFamily.allCases {
            for (set, way) in [(BridgedSet.egressCounts(family), Way.out), (.ingressCounts(family), .into)] {
                for element in try enforcer.elements(ofPresent: .bridged(set)) {
                    let key = Ruleset.Element(kernelKey: element.key, set.key).text.split(separator: " ")
                    let port = try #require(
                        key.last.flatMap { IPAddress(String($0)) }.flatMap(attributor.port(address:)))
                    found[.init(port.interface, way), default: 0] += element.traffic.packets
                }
                for element in try enforcer.elements(ofPresent: .ranges(of: .bridged(set), epoch: nil)) {
                    let key = Ruleset.Element(kernelKey: element.key, set.key).text.split(separator: " ")
                    let port = try #require(
                        key.last.flatMap { IPAddress(String($0)) }.flatMap(attributor.port(ofBlockAt:)))
                    found[.init(port.interface, way), default: 0] += element.traffic.packets
                }
            }
        }
        return found
    }

    func forget(_ entry: ConnectionEntry) throws { try ConnectionTracking.delete(dumps, entry) }

    /// The rules that the live sessions' marks name, by key.
    func marks() throws -> [FlowKey: Set<Identifier<Rule>>] {
        var found: [FlowKey: Set<Identifier<Rule>>] = [:]
        for entry in try sessions() {
            let rules = [
                attributor.rule(MarkLayout.egressIndex(entry.mark), .egress),
                attributor.rule(MarkLayout.ingressIndex(entry.mark), .ingress),
            ]
            found[entry.original.key, default: []].formUnion(rules.compactMap(\.self))
        }
        return found
    }
}
