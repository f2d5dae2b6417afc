import Enforcement
import Host
import Link
import Model
import Netlink

/// Watches what guests' packets need beside the rules: devices, routes, gateway addresses, proxying, switches.
///
/// The kernel tells at once what somebody takes away; switches that it does not tell of are looked at once a second. What
/// is missing is put back, and who looks at status is told what it was.
struct PlumbingWatch {
    private let socket: RouteSocket
    private let plumbing = Plumbing()
    /// What was set up last.
    private var ports: [Plumbing.Port] = []
    private var numbers: [UInt32: String] = [:]
    /// What was found missing and not put back yet.
    private var missing: [String] = []
    private var repairedAt: Int64 = 0
    /// Whether conntrack did not count, or not all, before the last repair.
    private(set) var wasCountingOff = false
    /// Interfaces' devices that packets for others were led over, and those that lacked them, since this was asked last.
    private var rerouted: Set<String> = []
    /// Addresses that another route leads to.
    private var misled: Set<IPAddress> = []
    /// What could not be done, in words.
    private(set) var problems: [String] = []
    /// What was changed of the host beside its devices, in words.
    private(set) var notes: [String] = []

    /// Between two repairs: somebody who keeps changing things back does not keep the agent from its work.
    private static let pauseNanoseconds: Int64 = 200_000_000

    init() throws(SystemError) { socket = try RouteSocket() }

    /// Can be read when the kernel has told something.
    var number: Int32 { socket.number }
    var hasRepair: Bool { !missing.isEmpty }
    /// Nanoseconds until a repair may begin; 0 for now.
    var repairDelay: Int64 { max(0, repairedAt + Self.pauseNanoseconds - SystemClock.monotonic) }

    /// Sets the ports up, and takes back what former ones had and these have not.
    ///
    /// * `numbers`: the ports' devices by their numbers.
    mutating func connect(_ wanted: [Plumbing.Port], numbers: [UInt32: String], obsolete: [String] = []) {
        problems = []
        do throws(SystemError) {
            try forward(wanted)
        } catch {
            problems.append(error.description)
        }
        if !wanted.isEmpty, Plumbing.takesAnyARPSender {
            problems.append(
                "net.ipv4.conf.all.rp_filter is 2, so who asks by ARP is not checked: a guest can fill the host's neighbour "
                    + "table; set it to 0 or 1")
        }
        let gone = Set(ports.flatMap(\.subnet)).subtracting(wanted.flatMap(\.subnet))
        (ports, self.numbers) = (wanted, numbers)
        problems += plumbing.connect(
            wanted, obsoleteDevices: obsolete, obsoleteSubnets: gone.sorted { "\($0)" < "\($1)" })
    }

    private mutating func forward(_ wanted: [Plumbing.Port]) throws(SystemError) {
        let wrong = Plumbing.wrong(Plumbing.forwarding(wanted))
        guard !wrong.isEmpty else { return }
        if wrong.contains(where: { $0.path == "ipv6/conf/all/forwarding" }) {
            let devices = try Plumbing.keepAdvertisedRoutes(except: Set(wanted.map(\.device)))
            if !devices.isEmpty {
                notes.append(
                    "accept_ra of \(devices.joined(separator: ", ")) is 2: with IPv6 forwarded, 1 would lose the default route"
                )
            }
        }
        try Plumbing.set(wrong)
    }

    /// Takes what the kernel tells, and hands it over; tells whether it was everything.
    mutating func listen(_ each: (RouteEvent) -> Void) throws(SystemError) -> Bool {
        var found: [String] = []
        let isWhole = try socket.drain {
            each($0)
            let wrong = wrongWay($0)
            rerouted.formUnion(wrong)
            if case .route(let target, _, _) = $0, !wrong.isEmpty { misled.insert(target) }
            if let words = loss($0) { found.append(words) }
        }
        missing += found
        if !isWhole { missing.append("more than the kernel could tell") }
        return isWhole
    }

    /// Looks at the switches.
    mutating func look(connects: Bool) {
        let switches = Plumbing.counting + (connects ? Plumbing.forwarding(ports) : [])
        missing += Plumbing.wrong(switches).map { "\($0.path) was not \($0.value)" }
    }

    /// Puts back what is missing.
    ///
    /// - Returns: what it was, in words.
    mutating func repair(connects: Bool) -> String {
        let words = Array(Set(missing)).sorted()
        missing = []
        repairedAt = SystemClock.monotonic
        problems = []
        let counting = Plumbing.wrong(Plumbing.counting)
        wasCountingOff = !counting.isEmpty
        do throws(SystemError) {
            try Plumbing.set(counting)
        } catch {
            problems.append(error.description)
        }
        if connects {
            let others = plumbing.deleteOthers(
                to: misled.sorted().compactMap { address in port(of: address).map { (address, $0.device) } })
            misled = []
            let former = problems
            connect(ports, numbers: numbers)
            problems = former + others + problems
        }
        return words.prefix(3).joined(separator: "; ") + (words.count > 3 ? "; and \(words.count - 3) more" : "")
    }

    /// Devices of interfaces whose packets were led elsewhere, or that others' were led to, since this was asked last.
    mutating func takeRerouted() -> [String] {
        defer { rerouted = [] }
        return rerouted.sorted()
    }

    private func port(of address: IPAddress) -> Plumbing.Port? {
        ports.first { $0.addresses.contains(address) }
    }

    private func wrongWay(_ event: RouteEvent) -> [String] {
        guard case .route(let target, let device, _) = event, let port = port(of: target),
            numbers[device] != port.device
        else { return [] }
        return [port.device, numbers[device]].compactMap(\.self)
    }

    /// What an event takes away of what was set up; nil where it is nothing of ours.
    private func loss(_ event: RouteEvent) -> String? {
        switch event {
        case .device(let device):
            guard !device.isUp, numbers[device.number] != nil else { return nil }
            return "device \(device.name) was down"
        // Whether it comes again is looked at with the bindings.
        case .deviceGone, .address, .defaultRoute: return nil
        case .route(let target, let device, let routeProtocol):
            guard let port = port(of: target),
                numbers[device] != port.device || routeProtocol != Plumbing.routeProtocol
            else { return nil }
            return "the route to \(target) did not lead over \(port.device)"
        case .routeGone(let target, let device, let routeProtocol):
            guard routeProtocol == Plumbing.routeProtocol, let name = numbers[device],
                ports.contains(where: { $0.device == name && $0.has(target) })
            else { return nil }
            return "the route to \(target) was gone"
        case .addressGone(let address, _):
            guard ports.contains(where: { $0.subnet.contains { $0.gateway == address } }) else { return nil }
            return "the gateway address \(address) was gone"
        case .switches(let switches):
            if switches.forwards == false, switches.device == IPSwitches.everyDevice,
                ports.contains(where: { $0.addresses.contains { $0.family == switches.family } })
            {
                return "forwarding of IPv\(switches.family.rawValue) was off"
            }
            guard let name = numbers[switches.device] else { return nil }
            if switches.answersForOthers == false {
                return "\(switches.family == .ipv4 ? "proxy_arp" : "proxy_ndp") of \(name) was off"
            }
            guard switches.family == .ipv4, let filter = switches.sourceFilter, filter != 1 else { return nil }
            return "rp_filter of \(name) was \(filter)"
        }
    }
}
