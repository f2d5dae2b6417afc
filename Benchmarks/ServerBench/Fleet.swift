import Crypto
import Foundation
import GRDB
import Registry
import Server
import Service

/// What the bench's registry holds, and the certificates of its hosts.
struct Fleet {
    struct Host {
        let name: String
        let certificatePEM: String
        let keyPEM: String
    }

    let hosts: [Host]
    let authorityPEM: String
    /// The network of all interfaces.
    let network: String
    /// A group that every interface carries.
    let common: String
    /// A group that ten interfaces on ten hosts carry; a rule of the common one names it.
    let own: String
    /// An interface that does not carry that group yet, and the group that it has beside the common one.
    let guest: (id: String, group: String)

    static func make(in folder: String) async throws -> Fleet {
        let registry = try await BenchServer.registry(folder)
        let certificates = try ServerFolder(folder + "/data").certificates()
        var hosts: [Host] = []
        var serials: [String] = []
        for number in 0..<FleetBench.hosts {
            let key = P256.Signing.PrivateKey()
            let issued = try certificates.issueHost("host-\(number)", publicKeyPEM: key.publicKey.pemRepresentation)
            serials.append(issued.serial)
            hosts.append(
                Host(name: "host-\(number)", certificatePEM: issued.certificatePEM, keyPEM: key.pemRepresentation))
        }
        let names = hosts.map(\.name)
        let enrolled = serials
        let filled = try await registry.change(by: .system("fill", requestID: "req-fill")) { change in
            for (name, serial) in zip(names, enrolled) { _ = try change.enrol(name, certificateSerial: serial) }
            return try fill(change)
        }
        return Fleet(
            hosts: hosts, authorityPEM: try certificates.authorityPEM, network: filled.network, common: filled.common,
            own: filled.own, guest: filled.guest)
    }

    private static func fill(_ change: Change) throws -> (
        network: String, common: String, own: String, guest: (id: String, group: String)
    ) {
        let project = try BenchServer.project(change)
        let vpc = try change.createVPC(
            StoredVPC(id: Change.newID(), projectID: project, name: "net", description: ""))
        let subnet = try change.createSubnet(
            StoredSubnet(
                id: Change.newID(), projectID: project, vpcID: vpc.id, name: "all", description: "", cidr: "10.0.0.0/8",
                gateway: "10.0.0.1", isDHCPEnabled: true, pools: [.init(start: "10.0.0.2", end: "10.255.255.254")]))
        let common = try change.createGroup(projectID: project, name: "common", description: "").id
        let groups = try (0..<FleetBench.groups - 2).map { number in
            let group = try change.createGroup(projectID: project, name: "g\(number)", description: "").id
            // Members reach each other.
            _ = try change.createRules([
                RuleDraft(
                    groupID: group, direction: "ingress", etherType: "IPv4", protocolText: "tcp", portMin: 5432,
                    portMax: 5432, remoteGroupID: group)
            ]) { _ in true }
            return group
        }
        _ = try change.createRules([
            RuleDraft(groupID: common, direction: "ingress", etherType: "IPv4", remoteGroupID: groups[0])
        ]) { _ in true }
        var guest = (id: "", group: "")
        for number in 0..<FleetBench.hosts * FleetBench.interfacesPerHost {
            // Neighbours in number are in ten different groups, spread over the hosts.
            let group = groups[number % groups.count]
            let place = number + 256
            let host = (number / 10 + number % groups.count * 7) % FleetBench.hosts
            let made = try change.createInterface(
                BenchServer.interface(
                    number, of: project, in: vpc.id, host: "host-\(host)",
                    addresses: [
                        .init(subnetID: subnet.id, address: "10.\(place >> 16).\(place >> 8 & 255).\(place & 255)")
                    ], groups: [common, group]))
            if number == 1 { guest = (made.id, group) }
        }
        return (vpc.id, common, groups[0], guest)
    }
}
