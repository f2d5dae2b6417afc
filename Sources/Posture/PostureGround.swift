import Analysis
import Model
import Policy

/// What checks look at: a policy at an instant, and what follows from it, found once.
struct PostureGround: Sendable {
    let policy: Policy
    let instant: Timestamp
    let lint: [Finding]
    /// What the internet reaches, and what reaches the internet.
    let inward: [PacketBox<Verdict>]
    let outward: [PacketBox<Verdict>]
    let admission: Admission

    init(_ policy: Policy, at instant: Timestamp) {
        self.policy = policy
        self.instant = instant
        let inForce = policy.inForce(at: instant)
        lint = Lint(inForce).findings
        var reach = Reach(inForce)
        inward = reach.boxes(from: .outside).filter { Internet.holds($0.from) }
        outward = reach.boxes(to: .outside).filter { Internet.holds($0.to) }
        admission = Admission(inForce)
    }
}

/// Which addresses are the internet's.
enum Internet {
    /// Blocks that no packet of the internet comes from: private, shared, link-local, loopback, documentation, multicast, reserved.
    private static let elsewhere = [
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24",
        "192.168.0.0/16", "198.18.0.0/15", "224.0.0.0/3", "::/8", "fc00::/7", "fe80::/10", "ff00::/8",
    ].compactMap { try? IPPrefix(parsing: $0) }

    /// Addresses of strangers, as documents write them.
    static let examples = ["198.51.100.7", "2001:db8::7"].compactMap { IPAddress($0) }

    /// Whether some address of a block, as answers name it, is one of the internet.
    static func holds(_ block: String) -> Bool {
        guard let prefix = (try? IPPrefix(parsing: block)) ?? IPAddress(block).map({ IPPrefix($0) }) else {
            return false
        }
        return !elsewhere.contains { $0.contains(prefix) }
    }
}

extension PacketBox where Word == Verdict {
    /// One of the packets, from the internet where one is that is shown so in documentation.
    var shownWitness: FlowKey {
        let key = witness
        guard let from = (try? IPPrefix(parsing: from)), let example = Internet.examples.first(where: from.contains)
        else { return key }
        return FlowKey(
            initiator: example, target: key.target, transport: key.transport, initiatorPort: key.initiatorPort,
            targetPort: key.targetPort)
    }
}

extension PostureGround {
    /// Texts of the rules of groups that admit a packet at an interface, by the interface's name in answers.
    func rules(admitting key: FlowKey, at name: String, _ direction: Direction) -> [String] {
        for vpc in policy.vpcs {
            for instance in vpc.instances {
                for interface in instance.interfaces where "\(instance.name)/\(interface.name)" == name {
                    let groups = vpc.groups.filter { interface.groups.contains($0.name) }
                    let address = direction == .ingress ? key.target : key.initiator
                    return groups.flatMap { group in
                        group.rules.filter { $0.direction == direction && admission.admits($0.id, key, at: address) }
                            .map { "\(vpc.name)/\(group.name): \($0.text)" }
                    }
                }
            }
        }
        return []
    }
}
