import Documents
import Model

/// Reads one VPC: its blocks and subnets here, groups and instances with the readers for them.
struct VPCReader {
    let project: String
    let name: String
    private let region: String
    private let claims: HostClaims

    init(project: String, name: String, region: String, claims: HostClaims) {
        self.project = project
        self.name = name
        self.region = region
        self.claims = claims
    }

    func read(_ fields: FileFields) -> VPC {
        let blocks =
            fields.required("cidrs", "[PREFIX, …]").map { PrefixReader.read($0, owner: "VPC \"\(name)\"") } ?? []
        PrefixReader.reportOverlaps(blocks, mend: "keep the wider one")
        var aclReader = ACLReader(project: project, vpc: name)
        let acls = aclReader.read(fields["acls"])
        let (subnets, subnetNames) = readSubnets(fields["subnets"], within: blocks.map(\.prefix), aclReader)
        var groups = GroupReader(project: project, vpc: name)
        groups.read(fields["groups"])
        var instances = InstanceReader(
            project: project, vpc: name, subnets: subnets, subnetNames: subnetNames, groups: groups, claims: claims)
        let read = instances.read(fields["instances"])
        return VPC(
            id: Identifier(derivedFrom: "vpc", project, name), name: name, prefixes: blocks.map(\.prefix),
            subnets: subnets, acls: acls, groups: instances.groups.all, instances: read,
            mode: JudgingMode.read(fields["observe"]), collected: fields["collect"].flatMap(TrafficPath.readAll))
    }

    private func readZone(_ value: FileValue) -> String? {
        guard let zone = NameRule.readPlace(value, of: "zone") else { return nil }
        if !zone.hasPrefix(region) {
            value.report(
                "zone \"\(zone)\" is not of region \"\(region)\"",
                mend: "write a name that begins with it, as \(region)-1, or the file's region")
        }
        return zone
    }

    private func readSubnets(
        _ list: FileValue?, within blocks: [IPPrefix], _ acls: ACLReader
    ) -> ([Subnet], [String]) {
        var names = NameRegister(kind: "subnet")
        var subnets: [Subnet] = []
        var placed: [PlacedPrefix] = []
        let space = blocks.map(\.description).joined(separator: ", ")
        for value in list?.elements(of: "subnets") ?? [] {
            guard let fields = value.fields(["name", "cidr", "cidrs", "acl", "zone", "dhcp", "dhcp_servers"]) else {
                continue
            }
            let name = names.read(fields)
            let prefixes =
                fields.either("cidr", or: "cidrs", "PREFIX").map { PrefixReader.read($0, owner: "subnet \"\(name)\"") }
                ?? []
            for prefix in prefixes where !blocks.isEmpty && !blocks.contains(where: { $0.contains(prefix.prefix) }) {
                prefix.value.report(
                    "subnet \(prefix.prefix) is outside VPC \"\(self.name)\"",
                    mend: "choose a part of \(space), or widen the VPC's cidrs")
            }
            placed += prefixes
            subnets.append(
                Subnet(
                    id: Identifier(derivedFrom: "subnet", project, self.name, name), name: name,
                    prefixes: prefixes.map(\.prefix), acl: fields["acl"].flatMap(acls.resolve),
                    zone: fields["zone"].flatMap(readZone), dhcp: readDHCP(fields)))
        }
        PrefixReader.reportOverlaps(placed, mend: "make the subnets disjoint")
        return (subnets, names.names)
    }

    /// Whether addresses are learned from leases, and from which servers beside the host.
    private func readDHCP(_ fields: FileFields) -> SubnetDHCP? {
        // What is neither counts as true, so that one fault is one problem.
        let isOn = fields["dhcp"].map { $0.flag() ?? true } ?? false
        guard let list = fields["dhcp_servers"] else { return isOn ? SubnetDHCP() : nil }
        if !isOn { list.report("dhcp_servers without dhcp", mend: "write dhcp: true, or leave them out") }
        var servers: [IPAddress] = []
        for value in list.elements(of: "addresses of servers") {
            guard let text = value.text("an address, as 10.1.1.2") else { continue }
            guard let address = IPAddress(text), address.family == .ipv4 else {
                value.report("\"\(text)\" is not an IPv4 address", mend: "write one as 10.1.1.2")
                continue
            }
            servers.append(address)
        }
        return SubnetDHCP(servers: servers)
    }
}
