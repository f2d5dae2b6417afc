import GRDB

/// What an interface has of its host for itself alone.
///
/// A device's rules are one interface's, and as long as a host has one table of routes, an address there is one interface's
/// too, whatever its network. The table `host_claim` holds every claim; SQLite refuses a second one of the same.
struct HostClaim: Hashable {
    enum Kind: String {
        case device
        case address
    }

    let host: String
    let kind: Kind
    let value: String

    /// As a sentence begins: "Device tap1 of host node-1".
    var words: String {
        switch kind {
        case .device: "Device \(value) of host \(host)"
        case .address: "Address \(value) on host \(host)"
        }
    }
}

extension StoredInterface {
    /// What it claims of its host; nothing while it is bound to none.
    ///
    /// Addresses are claimed by those that hosts connect: what is the network's own (routers, DHCP) no host connects.
    var claims: Set<HostClaim> {
        guard !host.isEmpty else { return [] }
        let places = isPortSecurityEnabled ? addresses.map(\.address) : []
        return Set(places.map { HostClaim(host: host, kind: .address, value: $0) })
            .union([HostClaim(host: host, kind: .device, value: device)])
    }
}

extension Change {
    /// Claims for an interface what it has now and did not have before, and lets go of the rest.
    ///
    /// - Throws: `RegistryError` with `claimedOnHost` where something is another interface's, which is named to its own
    ///   project and to administrators alone.
    func claim(for interface: StoredInterface, former: StoredInterface?) throws {
        let (wanted, present) = (interface.claims, former?.claims ?? [])
        for claim in present.subtracting(wanted) {
            try database.cachedStatement(
                sql: "DELETE FROM host_claim WHERE host = ? AND kind = ? AND value = ? AND interfaceID = ?"
            ).execute(arguments: [claim.host, claim.kind.rawValue, claim.value, interface.id])
        }
        // In an order, so that of several conflicts the same one is told.
        for claim in wanted.subtracting(present).sorted(by: { $0.words > $1.words }) {
            let holder = try String.fetchOne(
                database.cachedStatement(
                    sql: "SELECT interfaceID FROM host_claim WHERE host = ? AND kind = ? AND value = ? ORDER BY rank"),
                arguments: [claim.host, claim.kind.rawValue, claim.value])
            if let holder { throw try refusal(of: claim, heldBy: holder) }
            try database.cachedStatement(
                sql: "INSERT INTO host_claim (host, kind, value, interfaceID) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [claim.host, claim.kind.rawValue, claim.value, interface.id])
        }
    }

    private func refusal(of claim: HostClaim, heldBy holder: String) throws -> RegistryError {
        let other = try StoredInterface.stored(holder, in: database)
        guard let other, actor.isAdmin || actor.projectID == other.projectID else {
            return RegistryError(.claimedOnHost, "\(claim.words) is another interface's.")
        }
        return RegistryError(
            .claimedOnHost,
            "\(claim.words) is that of interface \(other.name.isEmpty ? other.id : "\(other.name) (\(other.id))").")
    }
}
