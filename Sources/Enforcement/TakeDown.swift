import Host
import Model
import Netlink

/// Takes everything out of the kernel that agents have put there: tables, routes, neighbours, proxying, gateway addresses,
/// switches. Records and revisions stay.
package struct TakeDown {
    private let former: FormerState.Contents?
    /// What was done, a line each, and what could not be.
    package private(set) var done: [String] = []
    package private(set) var faults: [String] = []

    /// * `former`: what was there before; nil where nobody has kept it, and switches and addresses stay as they are.
    package init(_ former: FormerState.Contents?) { self.former = former }

    package mutating func run() {
        removeTables()
        for family in AddressFamily.allCases { removeRoutes(family) }
        guard let former else {
            for item in Plumbing.counting where !Plumbing.wrong([item]).contains(item) {
                done.append("net/\(item.path) stays \(item.value): what it was before is not known")
            }
            return
        }
        removeProxies(former.devices)
        for address in former.addresses.sorted() {
            let version = address.contains(":") ? "-6" : "-4"
            ip([version, "addr", "del", address, "dev", "lo"], "address \(address) of lo", goneIs: "Cannot assign")
        }
        for bridge in former.bridges.sorted() where FormerState.isThere(bridge) {
            ip(
                ["link", "set", bridge, "type", "bridge", "nf_call_iptables", "0", "nf_call_ip6tables", "0"],
                "the switches of bridge \(bridge)", goneIs: "Cannot find")
        }
        restore(former.switches)
    }

    private mutating func removeTables() {
        let program = NftProgram()
        for table in TableName.own {
            do throws(EnforcementError) {
                guard try program.has(table) else { continue }
                try program.apply("delete table \(table.family.word) \(table.name)\n")
                done.append("table \(table.family.word) \(table.name) removed")
            } catch {
                faults.append("table \(table.family.word) \(table.name): \(error)")
            }
        }
    }

    private mutating func removeRoutes(_ family: AddressFamily) {
        let (version, name) = family == .ipv4 ? ("-4", "IPv4") : ("-6", "IPv6")
        for (kind, words, filter) in [("route", "routes", []), ("neigh", "neighbours", ["nud", "permanent"])] {
            do {
                let own = ["proto", "\(Plumbing.routeProtocol)"]
                let listed = try ChildProcess.run("ip", [version, "-o", kind, "show"] + filter + own)
                let lines = listed.output.split(separator: "\n")
                guard !lines.isEmpty else { continue }
                for line in lines {
                    let parts = line.split(separator: " ").map(String.init)
                    let target = kind == "route" ? parts : Array(parts.prefix(3))
                    _ = try ChildProcess.run(
                        "ip", [version, kind, "del"] + target.filter { !["linkdown", "dead"].contains($0) })
                }
                let left = try ChildProcess.run("ip", [version, "-o", kind, "show"] + filter + own)
                guard left.output.isEmpty else {
                    faults.append("\(words) of \(name): \(left.output.split(separator: "\n").count) are still there")
                    continue
                }
                done.append("\(lines.count) \(words) of \(name) removed")
            } catch {
                faults.append("\(words) of \(name): \(error)")
            }
        }
    }

    /// Addresses that guests' devices answered for.
    private mutating func removeProxies(_ devices: Set<String>) {
        do throws(SystemError) {
            var count = 0
            for line in try ChildProcess.run("ip", ["-6", "neigh", "show", "proxy"]).output.split(separator: "\n") {
                let words = line.split(separator: " ").map(String.init)
                guard let place = words.firstIndex(of: "dev"), place + 1 < words.count,
                    devices.contains(words[place + 1])
                else { continue }
                _ = try ChildProcess.run("ip", ["-6", "neigh", "del", "proxy", words[0], "dev", words[place + 1]])
                count += 1
            }
            if count > 0 { done.append("\(count) proxied neighbours of IPv6 removed") }
        } catch {
            faults.append("proxied neighbours: \(error)")
        }
    }

    private mutating func ip(_ words: [String], _ what: String, goneIs gone: String) {
        do {
            let output = try ChildProcess.run("ip", words)
            if output.exit == .code(0) {
                done.append("\(what) taken back")
            } else if !output.errors.contains(gone) {
                faults.append("\(what): \(output.errors.split(separator: "\n").first ?? "ip failed")")
            }
        } catch {
            faults.append("\(what): \(error)")
        }
    }

    /// Writes former values; forwarding first, for the kernel sets switches of devices along with it.
    private mutating func restore(_ switches: [String: String]) {
        let order = switches.sorted { first, second in
            let ranks = [first.key, second.key].map { $0.contains("forward") ? 0 : 1 }
            return ranks[0] == ranks[1] ? first.key < second.key : ranks[0] < ranks[1]
        }
        for (path, value) in order where DurableFile.exists("/proc/sys/net/\(path)") {
            let item = Plumbing.Switch(path: path, value: value)
            do throws(SystemError) {
                guard !Plumbing.wrong([item]).isEmpty else { continue }
                try DurableFile.overwrite("/proc/sys/net/\(path)", with: Array(value.utf8))
                done.append("net/\(path) is \(value) again")
            } catch {
                faults.append("net/\(path): \(error)")
            }
        }
    }
}
