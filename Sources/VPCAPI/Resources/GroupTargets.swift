import HTTPTypes
import Registry
import Service

/// `security_groups/GROUP/targets`: which interfaces carry a group. Attaching is a right of its own.
struct GroupTargets {
    let request: VPCRequest

    func answer() async throws -> Answer {
        let path = request.path
        switch (request.call.method, path.count) {
        case (.get, 2): return try await list(path[0])
        case (.get, 3): return try await show(path[0], path[2])
        case (.put, 3): return try await attach(path[0], path[2])
        case (.delete, 3): return try await detach(path[0], path[2])
        default: throw VPCError.routeMissing
        }
    }

    private func list(_ group: String) async throws -> Answer {
        try await request.permit("get_security_group")
        let pagination = try Pagination(request.call, "targets")
        return try await request.read { view in
            let page = pagination.page(try view.carriers(of: try view.group(group)))
            let rendered = try page.items.compactMap { try view.target($0, inFull: true).members }
            return Answer(.ok, pagination.body(rendered, page, request.call))
        }
    }

    private func show(_ group: String, _ id: String) async throws -> Answer {
        try await request.permit("get_security_group")
        return try await request.read { view in
            let group = try view.group(group)
            let interface = try view.find(id, as: StoredInterface.self)
            guard interface.groups.contains(group.id) else { throw VPCError.routeMissing }
            return Answer(.ok, try view.target(interface, inFull: true))
        }
    }

    private func attach(_ group: String, _ id: String) async throws -> Answer {
        try await request.permit("get_security_group")
        try await request.permit("attach_security_group")
        return try await request.change("security_group.attach") { change, view in
            let group = try view.group(group)
            let former = try view.find(id, as: StoredInterface.self)
            if !former.groups.contains(group.id) {
                try request.quotas.check(\.groupsPerTarget, former.groups.count + 1, "security groups of target \(id)")
                if try !view.isVPCDefault(group) {
                    let count = try view.carriers(of: group).count
                    try request.quotas.check(\.targetsPerGroup, count + 1, "targets of security group \(group.id)")
                }
                var interface = former
                interface.groups.append(group.id)
                _ = try change.updateInterface(interface, from: former)
            }
            return Answer(.created, try view.target(former, inFull: true))
        }
    }

    private func detach(_ group: String, _ id: String) async throws -> Answer {
        try await request.permit("get_security_group")
        try await request.permit("detach_security_group")
        return try await request.change("security_group.detach") { change, view in
            let group = try view.group(group)
            let former = try view.find(id, as: StoredInterface.self)
            guard former.groups.contains(group.id) else { throw VPCError.routeMissing }
            guard former.groups.count > 1 else {
                throw VPCError(.lastGroup, "Target \(id) has no other security group; attach another one first.")
            }
            var interface = former
            interface.groups.removeAll { $0 == group.id }
            _ = try change.updateInterface(interface, from: former)
            return Answer(.noContent)
        }
    }
}
