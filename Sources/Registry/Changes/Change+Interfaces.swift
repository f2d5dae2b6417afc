import GRDB
import Model

/// Interfaces, their addresses and the groups that they carry.
extension Change {
    package func createInterface(_ wanted: StoredInterface) throws -> StoredInterface {
        try Quota.interface.check(wanted.projectID, adding: 1, in: database)
        var interface = wanted
        try checkMAC(interface)
        try checkVPC(ofGroups: interface.groups, of: interface)
        try checkKind(ofGroups: interface.groups)
        try insert(&interface)
        try writeAddresses(of: interface)
        try claim(for: interface, former: nil)
        try writeGroups(of: interface)
        try audit("port.create", interface, after: try json(interface))
        for group in try groups(interface.groups) { try audit("security_group.attach", group, after: interface.id) }
        return interface
    }

    package func updateInterface(_ wanted: StoredInterface, from former: StoredInterface) throws -> StoredInterface {
        var interface = wanted
        guard interface != former else { return former }
        if interface.mac != former.mac { try checkMAC(interface) }
        let added = interface.groups.filter { !former.groups.contains($0) }
        try checkVPC(ofGroups: added, of: interface)
        if !added.isEmpty { try checkKind(ofGroups: interface.groups) }
        try update(&interface, from: former)
        if interface.addresses != former.addresses { try writeAddresses(of: interface) }
        try claim(for: interface, former: former)
        if interface.deviceID != former.deviceID { try releaseInstance(of: former) }
        let attached = Set(interface.groups).subtracting(former.groups)
        let detached = Set(former.groups).subtracting(interface.groups)
        if !attached.isEmpty || !detached.isEmpty { try writeGroups(of: interface) }
        let (before, after) = (try json(former), try json(interface))
        // One entry against each group and one against the interface for every attach and detach.
        for group in try groups(attached.sorted()) {
            try audit("security_group.attach", group, after: interface.id)
            try audit("security_group.attach", interface, before: before, after: after)
        }
        for group in try groups(detached.sorted()) {
            try audit("security_group.detach", group, before: interface.id)
            try audit("security_group.detach", interface, before: before, after: after)
        }
        if attached.isEmpty, detached.isEmpty { try audit("port.update", interface, before: before, after: after) }
        return interface
    }

    package func deleteInterface(_ interface: StoredInterface) throws {
        for log in try StoredLog.filter(Column("interfaceID") == interface.id).fetchAll(database) { try deleteLog(log) }
        try deleteCollectors(of: interface.id)
        try delete(interface)
        try audit("port.delete", interface, before: try json(interface))
        for group in try groups(interface.groups) { try audit("security_group.detach", group, before: interface.id) }
        try releaseInstance(of: interface)
    }

    /// Groups of a VPC are for its own interfaces.
    private func checkVPC(ofGroups ids: [String], of interface: StoredInterface) throws {
        for group in try groups(ids) {
            guard let vpcID = group.vpcID, vpcID != interface.vpcID else { continue }
            throw RegistryError(
                .groupNotInVPC,
                "Security group \(group.id) is in network \(vpcID), the port in network \(interface.vpcID).")
        }
    }

    /// Half of a session cannot go on by itself.
    private func checkKind(ofGroups ids: [String]) throws {
        guard Set(try groups(ids).map(\.isStateless)).count > 1 else { return }
        throw RegistryError(
            .mixedGroups,
            "Error Cannot apply both stateful and stateless security groups on the same port at the same time while "
                + "attempting the operation.")
    }

    private func groups(_ ids: [String]) throws -> [StoredGroup] { try ids.map { try find($0) } }

    private func checkMAC(_ interface: StoredInterface) throws {
        // Without one, any source MAC is let through.
        guard !interface.mac.isEmpty else { return }
        // The index holds what has a MAC; SQLite uses it when the query says so too.
        let taken = try Bool.fetchOne(
            database.cachedStatement(
                sql: "SELECT EXISTS (SELECT 1 FROM interface WHERE vpcID = ? AND mac = ? AND mac <> '' AND id <> ?)"),
            arguments: [interface.vpcID, interface.mac, interface.id])
        guard taken != true else {
            throw RegistryError(
                .macInUse,
                "Unable to complete operation for network \(interface.vpcID). The mac address \(interface.mac) is in "
                    + "use.")
        }
    }

    private func writeAddresses(of interface: StoredInterface) throws {
        try database.cachedStatement(sql: "DELETE FROM interface_address WHERE interfaceID = ?")
            .execute(arguments: [interface.id])
        for fixed in interface.addresses {
            let taken = try Bool.fetchOne(
                database.cachedStatement(
                    sql: "SELECT EXISTS (SELECT 1 FROM interface_address WHERE vpcID = ? AND address = ?)"),
                arguments: [interface.vpcID, fixed.address])
            guard taken != true, try !isGateway(fixed, of: interface) else {
                throw RegistryError(
                    .addressInUse, "IP address \(fixed.address) already allocated in subnet \(fixed.subnetID)")
            }
            try database.cachedStatement(
                sql: "INSERT INTO interface_address (interfaceID, subnetID, vpcID, address) VALUES (?, ?, ?, ?)"
            ).execute(arguments: [interface.id, fixed.subnetID, interface.vpcID, fixed.address])
        }
    }

    /// Whether hosts answer for the address as the subnet's gateway; routers have interfaces with it.
    private func isGateway(_ fixed: StoredInterface.FixedAddress, of interface: StoredInterface) throws -> Bool {
        guard !interface.deviceOwner.hasPrefix("network:"), let address = IPAddress(fixed.address),
            let subnet = try StoredSubnet.stored(fixed.subnetID, in: database)
        else { return false }
        return address == (try IPPrefix(parsing: subnet.cidr)).gateway
            || address == subnet.gateway.flatMap { IPAddress($0) }
    }

    private func writeGroups(of interface: StoredInterface) throws {
        try database.cachedStatement(sql: "DELETE FROM interface_group WHERE interfaceID = ?")
            .execute(arguments: [interface.id])
        for group in interface.groups {
            try database.cachedStatement(sql: "INSERT INTO interface_group (interfaceID, groupID) VALUES (?, ?)")
                .execute(arguments: [interface.id, group])
        }
    }

    /// The lowest address of the subnet's pools that no interface has.
    package func freeAddress(in subnet: StoredSubnet) throws -> String {
        var taken: Set<IPAddress> = []
        let rows = try String.fetchCursor(
            database, sql: "SELECT address FROM interface_address WHERE subnetID = ?", arguments: [subnet.id])
        while let text = try rows.next() { if let address = IPAddress(text) { taken.insert(address) } }
        if let gateway = subnet.gateway.flatMap({ IPAddress($0) }) { taken.insert(gateway) }
        for pool in subnet.pools {
            guard let start = IPAddress(pool.start), let end = IPAddress(pool.end) else { continue }
            var candidate = start
            while candidate <= end {
                if !taken.contains(candidate) { return candidate.description }
                candidate = candidate.next
            }
        }
        throw RegistryError(.addressesExhausted, "No more IP addresses available on network \(subnet.vpcID).")
    }
}

extension IPAddress {
    /// The address after this one; the last one's is itself.
    fileprivate var next: IPAddress {
        switch family {
        case .ipv4: IPAddress(ipv4: UInt32(truncatingIfNeeded: low) &+ 1)
        case .ipv6: IPAddress(ipv6High: low == .max ? high &+ 1 : high, low: low &+ 1)
        }
    }

    fileprivate static func <= (lhs: IPAddress, rhs: IPAddress) -> Bool { !(rhs < lhs) }
}
