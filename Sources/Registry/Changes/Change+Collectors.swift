import GRDB

/// Flow-log collectors.
extension Change {
    package func createCollector(_ wanted: StoredCollector) throws -> StoredCollector {
        let taken = try StoredCollector.filter(Column("targetID") == wanted.targetID).fetchOne(database)
        if let taken {
            throw RegistryError(
                .targetHasCollector,
                "Flow log collector \(taken.id) has this target already\(taken.isActive ? "" : "; it is suspended").")
        }
        var collector = wanted
        try insert(&collector)
        try tell("flow_log_collector.create", of: collector, before: nil, after: try json(collector))
        return collector
    }

    package func updateCollector(_ wanted: StoredCollector, from former: StoredCollector) throws -> StoredCollector {
        var collector = wanted
        guard collector != former else { return former }
        try update(&collector, from: former)
        try tell(
            "flow_log_collector.update", of: collector, before: try json(former), after: try json(collector))
        return collector
    }

    package func deleteCollector(_ collector: StoredCollector) throws {
        try delete(collector)
        try tell("flow_log_collector.delete", of: collector, before: try json(collector), after: nil)
    }

    /// A target takes its collector along.
    func deleteCollectors(of targetID: String) throws {
        for collector in try StoredCollector.filter(Column("targetID") == targetID).fetchAll(database) {
            try deleteCollector(collector)
        }
    }

    /// One entry against the collector and one against its target.
    private func tell(_ action: String, of collector: StoredCollector, before: String?, after: String?) throws {
        try audit(action, collector, before: before, after: after)
        guard let kind = Kind(rawValue: collector.targetKind) else { return }
        let name = try String.fetchOne(
            database, sql: "SELECT name FROM \(kind.rawValue) WHERE id = ?", arguments: [collector.targetID])
        try audit(action, kind, id: collector.targetID, name: name ?? "", before: before, after: after)
    }
}
