import Foundation
import Host

/// The kernel, its switches and its tables: what enforcement stands on.
enum KernelDoctor {
    static func diagnoses(_ patient: Patient) -> [Diagnosis] {
        [rights(patient), kernel(patient), nftables(patient)] + connections(patient) + [tables(patient), clock()]
    }

    private static func rights(_ patient: Patient) -> Diagnosis {
        let line = patient.read("self/status")?.split(separator: "\n").first { $0.hasPrefix("CapEff:") }
        let capabilities = line?.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) }
        guard let capabilities else {
            return .warning("rights", "/proc/self/status says nothing of them", mend: "mount /proc")
        }
        // CAP_NET_ADMIN is number 12.
        return capabilities & 1 << 12 != 0
            ? .good("rights", "this user may change the kernel's tables")
            : .fault("rights", "this user may not change the kernel's tables", mend: "run it as root")
    }

    private static func kernel(_ patient: Patient) -> Diagnosis {
        let release = patient.read("sys/kernel/osrelease") ?? "unknown"
        let parts = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
        guard parts.count == 2 else {
            return .warning("kernel", "\(release): its version cannot be read", mend: "use Linux 5.10 or later")
        }
        return (parts[0], parts[1]) < (5, 10)
            ? .fault("kernel", "\(release) is too old", mend: "use Linux 5.10 or later") : .good("kernel", release)
    }

    /// What the agent writes is of these kinds: it is checked, and nothing of it is made.
    private static let probe = """
        table inet gatehouse_doctor {
          set counted { type ipv4_addr; size 16; flags dynamic; counter; }
          map verdicts { type ifname . ipv4_addr : verdict; flags interval; }
          chain c {
            type filter hook forward priority filter; policy accept;
            ct state established,related ct mark != 0 counter accept
            iifname . ip saddr vmap @verdicts
            update @counted { ip saddr counter }
            log prefix "probe" group 65535
            ct mark set 0x1
          }
        }
        table bridge gatehouse_doctor {
          chain c {
            type filter hook prerouting priority filter; policy accept;
          }
        }

        """

    private static func nftables(_ patient: Patient) -> Diagnosis {
        let mend = "install nftables 1.0 or later, and a kernel with nf_tables, nf_conntrack and nfnetlink_log"
        do {
            let version = try ChildProcess.run(patient.nft, ["--version"])
            let check = try ChildProcess.run(patient.nft, ["--check", "--file", "-"], input: Array(probe.utf8))
            let words = version.output.split(separator: " ").prefix(2).joined(separator: " ")
            guard check.exit == .code(0) else {
                let reason = check.errors.split(separator: "\n").first.map(String.init) ?? "no reason given"
                return .fault(
                    "nftables", "\(words): the kernel does not take what is written here: \(reason)", mend: mend)
            }
            return .good("nftables", "\(words); the kernel takes what is written here")
        } catch {
            return .fault("nftables", "\(patient.nft) does not start: \(error)", mend: mend)
        }
    }

    private static func connections(_ patient: Patient) -> [Diagnosis] {
        guard let most = patient.number("sys/net/netfilter/nf_conntrack_max"),
            let present = patient.number("sys/net/netfilter/nf_conntrack_count")
        else {
            return [
                .warning(
                    "connections", "connection tracking is not loaded yet",
                    mend: "nothing, where no agent has run; else modprobe nf_conntrack")
            ]
        }
        var found: [Diagnosis] = []
        if present > most / 10 * 8 {
            found.append(
                .warning(
                    "connections", "\(present) of \(most) are tracked: new sessions are dropped when it is full",
                    mend: "raise net.netfilter.nf_conntrack_max"))
        } else {
            found.append(.good("connections", "\(present) of \(most) are tracked"))
        }
        if patient.number("sys/net/netfilter/nf_conntrack_acct") == 0 {
            found.append(
                .warning(
                    "accounting",
                    "the kernel does not count packets of connections: records of sessions begun now are empty",
                    mend: "start the agent, which sets net.netfilter.nf_conntrack_acct=1"))
        }
        return found
    }

    /// Tables of others, which judge the same packets.
    private static func tables(_ patient: Patient) -> Diagnosis {
        guard let listing = try? ChildProcess.run(patient.nft, ["list", "tables"]), listing.exit == .code(0) else {
            return .warning("other tables", "nft list tables tells none", mend: "run it as root")
        }
        let others = listing.output.split(separator: "\n").map { $0.dropFirst("table ".count) }
            .filter { !$0.contains("gatehouse") }
        return .good(
            "other tables",
            others.isEmpty
                ? "none" : "\(others.joined(separator: ", ")): what they drop, status tells under foreign_drops")
    }

    private static func clock() -> Diagnosis {
        SystemClock.isSynchronized
            ? .good("clock", "it is kept by a time server")
            : .warning(
                "clock", "no time server keeps it: records of several hosts may not be in order",
                mend: "start chrony or systemd-timesyncd")
    }
}
