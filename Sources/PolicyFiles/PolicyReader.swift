import Documents
import Model

/// Reads the document's root.
struct PolicyReader {
    /// Devices and addresses are unique in the whole file: all of it may be enforced by one host.
    private let claims = HostClaims()

    func read(_ root: FileValue) -> Policy {
        guard
            let fields = root.fields([
                "project", "vpcs", "collectors", "region", "bridges", "assertions", "enterprise", "sinks",
            ])
        else {
            return .empty
        }
        let project = fields.required("project", "NAME").flatMap { NameRule.read($0, of: "project") } ?? ""
        let region = fields["region"].flatMap { NameRule.readPlace($0, of: "region") }
        var names = NameRegister(kind: "VPC")
        var vpcs: [VPC] = []
        for value in fields.required("vpcs", "a list of VPCs")?.elements(of: "VPCs") ?? [] {
            guard
                let fields = value.fields([
                    "name", "cidrs", "subnets", "acls", "groups", "instances", "observe", "collect",
                ])
            else {
                continue
            }
            let name = names.read(fields)
            vpcs.append(VPCReader(project: project, name: name, region: region ?? "local", claims: claims).read(fields))
        }
        claims.reportOverlaps()
        let collectors = CollectorReader(project: project, vpcs: vpcs).read(fields["collectors"])
        let bridges = fields["bridges"].map { BridgeReader(claims: claims).read($0) }
        let assertions = fields["assertions"].map { AssertionReader(vpcs: vpcs).read($0) }
        var groups = GroupNames(project: project, vpcs: vpcs)
        let enterprise = fields["enterprise"].map { EnterpriseReader(project: project, vpcs: vpcs).read($0, &groups) }
        let sinks = fields["sinks"].map { SinkReader().read($0) }
        return Policy(
            project: project, region: region, vpcs: groups.vpcs, collectors: collectors, bridges: bridges,
            assertions: assertions, enterprise: enterprise, sinks: sinks)
    }
}

/// What only one interface of a host can have.
final class HostClaims {
    private var devices: [String: String] = [:]
    private var addresses: [IPAddress: (owner: String, value: FileValue)] = [:]
    private var prefixes: [PlacedPrefix] = []

    /// The interface that has claimed a device.
    func owner(ofDevice device: String) -> String? { devices[device] }

    /// Claims the device for an interface; gives the earlier owner's place where there is one.
    func claim(device: String, by owner: @autoclosure () -> String) -> String? {
        if let earlier = devices[device] { return earlier }
        devices[device] = owner()
        return nil
    }

    /// Claims the address for an interface; gives the earlier owner's place where there is one.
    func claim(address: IPAddress, of value: FileValue, by owner: @autoclosure () -> String) -> String? {
        if let earlier = addresses[address] { return earlier.owner }
        addresses[address] = (owner(), value)
        return nil
    }

    /// Claims a block for an interface.
    func claim(_ prefix: PlacedPrefix) { prefixes.append(prefix) }

    /// Reports blocks that overlap, and addresses that lie in another interface's block.
    func reportOverlaps() {
        guard !prefixes.isEmpty else { return }
        PrefixReader.reportOverlaps(prefixes, mend: "give each interface blocks of its own")
        for (address, claim) in addresses.sorted(by: { $0.key < $1.key }) {
            for block in prefixes where block.owner != claim.owner && block.prefix.contains(address) {
                claim.value.report(
                    "address \(address) of \(claim.owner) lies in \(block.prefix) of \(block.owner)",
                    mend: "choose another, or a smaller block")
            }
        }
    }
}
