import Model

/// One line of what a difference tells, in the words of the policy file.
package struct PolicyChangeLine: Hashable, Sendable {
    package let kind: PolicyDifference.Change.Kind
    /// What changes: `group`, `rule`, `interface`, …
    package let subject: String
    /// Which one: `shop/web`.
    package let name: String
    /// The rule's text, what is attached and detached, the former and the new value.
    package let detail: String

    /// `+ rule shop/web: ingress tcp/443 from any`.
    package var text: String {
        let sign =
            switch kind {
            case .added: "+"
            case .removed: "-"
            case .changed: "~"
            }
        return "\(sign) \(subject) \(name)\(detail.isEmpty ? "" : ": \(detail)")"
    }
}

extension PolicyDifference {
    /// A line for each change; only an instance that comes or goes with its interfaces is told by these.
    package var lines: [PolicyChangeLine] {
        // Where something comes that stands elsewhere than last, its line says enough, but in a list of which the first
        // that matches decides.
        let told = orders.filter { $0.isShuffled || [.aclRule, .enterpriseRule].contains($0.siblings.kind) }
        return changes.flatMap(lines) + told.map(line)
    }

    private func line(_ order: Order) -> PolicyChangeLine {
        let (parent, list) = (order.siblings.parent, "\(order.siblings.kind.rawValue)s")
        // The policy has no name that would not be told as a change itself.
        guard parent != .root else {
            return PolicyChangeLine(kind: .changed, subject: "order", name: "of \(list)", detail: "")
        }
        return PolicyChangeLine(
            kind: .changed, subject: parent.kind.rawValue, name: parent.keys.joined(separator: "/"),
            detail: "\(list) in another order")
    }

    /// `3 rules added, 1 rule removed, 1 interface changed`; `nothing changes` for an empty one.
    package var summary: String {
        var counts: [(subject: String, kind: String, count: Int)] = []
        for line in lines {
            if let index = counts.firstIndex(where: { ($0.subject, $0.kind) == (line.subject, line.kind.rawValue) }) {
                counts[index].count += 1
            } else {
                counts.append((line.subject, line.kind.rawValue, 1))
            }
        }
        guard !counts.isEmpty else { return "nothing changes" }
        return counts.map { "\($0.count) \($0.subject)\($0.count == 1 ? "" : "s") \($0.kind)" }.joined(separator: ", ")
    }

    private func lines(_ change: Change) -> [PolicyChangeLine] {
        guard let part = change.after ?? change.before else { return [] }
        if case .project = part { return projectLines(change) }
        if case .instance = part, change.kind != .changed, hasInterfaces(of: change.address) { return [] }
        let name = change.address.name(part)
        func line(_ kind: Change.Kind, _ detail: String) -> PolicyChangeLine {
            PolicyChangeLine(kind: kind, subject: part.kind.rawValue, name: name, detail: detail)
        }
        switch (change.before, change.after) {
        case (nil, let after?): return [line(.added, after.words)]
        case (let before?, nil): return [line(.removed, before.words)]
        case (.interface(let before)?, .interface(let after)?):
            let detail = before.differences(from: after).joined(separator: ", ")
            return [line(.changed, detail.isEmpty ? Self.unnamed : detail)]
        case (.group(let before)?, .group(let after)?):
            let detail = before.differences(from: after).joined(separator: ", ")
            return [line(.changed, detail.isEmpty ? Self.unnamed : detail)]
        case (let before?, let after?):
            let (former, latter) = (before.words, after.words)
            return [line(.changed, former == latter ? Self.unnamed : "\(former) → \(latter)")]
        case (nil, nil): return []
        }
    }

    /// What changed where no word tells it: an id, as after a rename and back.
    private static let unnamed = "made anew"

    private func hasInterfaces(of instance: PolicyPart.Address) -> Bool {
        changes.contains { $0.address.kind == .interface && $0.address.parent == instance }
    }

    private func projectLines(_ change: Change) -> [PolicyChangeLine] {
        guard case .project(let before)? = change.before, case .project(let after)? = change.after else { return [] }
        var lines: [PolicyChangeLine] = []
        func tell(_ subject: String, _ former: String, _ latter: String) {
            guard former != latter else { return }
            lines.append(PolicyChangeLine(kind: .changed, subject: subject, name: latter, detail: "was \(former)"))
        }
        tell("project", before.project, after.project)
        tell("region", before.region ?? "the host's", after.region ?? "the host's")
        tell(
            "enterprise policy", before.enterprise == nil ? "none" : "present",
            after.enterprise == nil ? "none" : "present")
        let bridges = PolicyPart.bridgeLines(before.bridges ?? [], after.bridges ?? [])
        for (name, former, latter) in bridges { tell("bridge \(name)", former, latter) }
        let former = before.assertions ?? []
        let latter = after.assertions ?? []
        lines += former.filter { !latter.contains($0) }.map {
            PolicyChangeLine(kind: .removed, subject: "assertion", name: $0.text, detail: "")
        }
        lines += latter.filter { !former.contains($0) }.map {
            PolicyChangeLine(kind: .added, subject: "assertion", name: $0.text, detail: "")
        }
        if lines.isEmpty, before.assertions != after.assertions {
            lines.append(PolicyChangeLine(kind: .changed, subject: "order", name: "of assertions", detail: ""))
        }
        tell("sinks", before.sinks == nil ? "none" : "present", after.sinks == nil ? "none" : "present")
        tell("event log", before.logs == nil ? "everything" : "by logs", after.logs == nil ? "everything" : "by logs")
        return lines
    }
}

extension PolicyPart.Address {
    /// `shop/web`; a rule is named by what holds it.
    fileprivate func name(_ part: PolicyPart) -> String {
        switch part {
        case .rule, .aclRule: keys.dropLast().joined(separator: "/")
        case .project, .vpc, .subnet, .acl, .group, .instance, .interface, .enterpriseRule, .collector, .log,
            .sink:
            keys.joined(separator: "/")
        }
    }
}

extension PolicyPart {
    /// What a part says beside its name.
    fileprivate var words: String {
        switch self {
        case .project(let policy): policy.project
        case .vpc(let vpc): Self.list(vpc.prefixes) + Self.words(vpc.mode) + Self.words(vpc.collected)
        case .subnet(let subnet):
            Self.list(subnet.prefixes) + (subnet.zone.map { " in \($0)" } ?? "")
                + (subnet.acl.map { ", acl \($0)" } ?? "")
                + (subnet.dhcp.map { ", dhcp\($0.servers.isEmpty ? "" : " of \(Self.list($0.servers))")" } ?? "")
        case .acl: ""
        case .aclRule(let rule): rule.text + (rule.name.isEmpty ? "" : " (\(rule.name))")
        case .group(let group): Self.words(group)
        case .rule(let rule): rule.text + (rule.description.isEmpty ? "" : " (\(rule.description))")
        case .instance(let instance): instance.zone.map { "in \($0)" } ?? ""
        case .interface(let interface): Self.words(interface)
        case .enterpriseRule(let rule): rule.text + Self.notes(rule)
        case .collector(let collector): Self.words(collector)
        case .log(let log):
            "\(log.event.rawValue) of \(log.project)" + (log.group.map { ", group \($0)" } ?? "")
                + (log.interface.map { ", interface \($0)" } ?? "")
        case .sink(let sink): sink.description
        }
    }

    fileprivate static func list(_ values: [some CustomStringConvertible]) -> String {
        values.map(\.description).joined(separator: ", ")
    }

    /// Bridges of which something else is said: name, former and latter words.
    fileprivate static func bridgeLines(
        _ before: [BridgeSettings], _ after: [BridgeSettings]
    ) -> [(name: String, former: String, latter: String)] {
        func words(_ bridge: BridgeSettings?) -> String {
            guard let bridge else { return "not named" }
            return "unknown: \(bridge.unknown.rawValue)"
                + (bridge.uplinks.isEmpty ? "" : ", uplinks \(list(bridge.uplinks))")
        }
        var names = before.map(\.name)
        names += after.map(\.name).filter { !names.contains($0) }
        return names.map { name in
            (name, words(before.first { $0.name == name }), words(after.first { $0.name == name }))
        }
    }

    /// That a group is stateful goes without saying.
    private static func words(_ group: SecurityGroup) -> String {
        var words = group.isStateful ? [] : ["stateless"]
        if group.isPredefined { words.append("ready-made") }
        if group.mode != nil { words.append("observed") }
        if !group.membersElsewhere.isEmpty { words.append("members elsewhere \(list(group.membersElsewhere))") }
        return words.joined(separator: ", ")
    }

    private static func words(_ interface: Interface) -> String {
        let groups = interface.groups.isEmpty ? "no group" : "groups \(list(interface.groups))"
        let own = (interface.addresses.map(\.description) + interface.prefixes.map(\.description)).joined(
            separator: ", ")
        let pairs = interface.pairs.isEmpty ? nil : "pairs \(list(interface.pairs))"
        let notes = [pairs, interface.mac.map { "mac \($0)" }, interface.project.map { "of project \($0)" }, groups]
        return
            "\(own) on \(interface.device ?? "no device yet"), \(notes.compactMap(\.self).joined(separator: ", "))"
            + words(interface.mode)
    }

    /// That everything is recorded goes without saying.
    private static func words(_ collected: [TrafficPath]?) -> String {
        guard let collected else { return "" }
        return collected.isEmpty ? ", collects nothing" : ", collects \(list(collected.map(\.rawValue)))"
    }

    /// That refusals are enforced goes without saying.
    private static func words(_ mode: JudgingMode?) -> String { mode == nil ? "" : ", observed" }

    /// What an enterprise rule says beside what it does.
    private static func notes(_ rule: EnterpriseRule) -> String {
        var notes = rule.isEnabled ? [] : ["off"]
        if !rule.isLogged { notes.append("not logged") }
        if let schedule = rule.schedule {
            if let from = schedule.from { notes.append("from \(from)") }
            if let until = schedule.until { notes.append("until \(until)") }
            notes += schedule.hours.map(\.description)
        }
        if let expires = rule.expires { notes.append("expires \(expires)") }
        if let owner = rule.owner { notes.append("owner \(owner)") }
        if let ticket = rule.ticket { notes.append("ticket \(ticket)") }
        if let note = rule.note { notes.append(note) }
        return notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
    }

    private static func words(_ collector: Collector) -> String {
        var notes = collector.isActive ? "" : ", suspended"
        if collector.format != .ibm { notes += ", format \(collector.format.name)" }
        if !collector.format.columns.isEmpty { notes += " of \(list(collector.format.columns))" }
        if collector.interval != Collector.defaultInterval { notes += ", every \(collector.interval) s" }
        if let project = collector.project { notes += ", of project \(project)" }
        return "\(collector.target) to \(collector.bucket)\(notes)"
    }
}

extension JudgingMode? {
    fileprivate var words: String { self == nil ? "enforced" : "observed" }
}

extension Interface {
    /// What differs, a value each: `addresses 10.1.3.10 → 10.1.3.11`, `group web attached`.
    fileprivate func differences(from next: Interface) -> [String] {
        var parts = next.groups.filter { !groups.contains($0) }.map { "group \($0) attached" }
        parts += groups.filter { !next.groups.contains($0) }.map { "group \($0) detached" }
        if parts.isEmpty, groups != next.groups { parts.append("groups in another order") }
        let values: [(String, String, String)] = [
            ("addresses", PolicyPart.list(addresses), PolicyPart.list(next.addresses)),
            ("prefixes", PolicyPart.list(prefixes), PolicyPart.list(next.prefixes)),
            ("pairs", PolicyPart.list(pairs), PolicyPart.list(next.pairs)),
            ("device", device ?? "none", next.device ?? "none"),
            ("subnet", subnet, next.subnet), ("mac", mac?.description ?? "any", next.mac?.description ?? "any"),
            ("project", project ?? "the policy's", next.project ?? "the policy's"),
            ("project's name", projectName ?? "not known", next.projectName ?? "not known"),
            ("refusals", mode.words, next.mode.words),
        ]
        return parts + values.filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1) → \($0.2)" }
    }
}

extension SecurityGroup {
    /// What differs beside the rules.
    fileprivate func differences(from next: SecurityGroup) -> [String] {
        func kind(_ group: SecurityGroup) -> String { group.isStateful ? "stateful" : "stateless" }
        func origin(_ group: SecurityGroup) -> String { group.isPredefined ? "ready-made" : "own" }
        let values: [(String, String, String)] = [
            ("", kind(self), kind(next)), ("", origin(self), origin(next)), ("refusals ", mode.words, next.mode.words),
            ("members elsewhere ", PolicyPart.list(membersElsewhere), PolicyPart.list(next.membersElsewhere)),
        ]
        return values.filter { $0.1 != $0.2 }.map { "\($0.0)\($0.1) → \($0.2)" }
    }
}
