import Model
import Terminal

/// What a policy would change, object by object, in the words of the policy file.
struct PolicyDiff: Equatable {
    struct Change: Equatable {
        enum Kind: String {
            case added
            case removed
            case changed
        }

        let kind: Kind
        /// What changes: `group`, `rule`, `interface`, …
        let subject: String
        /// Which one: `shop/web`.
        let name: String
        /// The rule's text, what is attached and detached, the former and the new value.
        let detail: String
    }

    private(set) var changes: [Change] = []

    var isEmpty: Bool { changes.isEmpty }

    init(from old: Policy, to new: Policy) {
        if old.project != new.project {
            changes.append(
                Change(kind: .changed, subject: "project", name: new.project, detail: "was \(old.project)"))
        }
        if old.region != new.region {
            let words = [old.region, new.region].map { $0 ?? "the host's" }
            changes.append(
                Change(kind: .changed, subject: "region", name: words[1], detail: "was \(words[0])"))
        }
        for (before, after) in Self.pairs(old.vpcs, new.vpcs, by: { $0.name }) { compare(before, after) }
        for (before, after) in Self.pairs(old.collectors, new.collectors, by: { $0.name }) {
            add("collector", after?.name ?? before?.name ?? "", before.map(Self.text), after.map(Self.text))
        }
    }

    private mutating func compare(_ before: VPC?, _ after: VPC?) {
        let name = after?.name ?? before?.name ?? ""
        add("vpc", name, before.map { Self.list($0.prefixes) }, after.map { Self.list($0.prefixes) })
        for (old, new) in Self.pairs(before?.subnets ?? [], after?.subnets ?? [], by: { $0.name }) {
            add(
                "subnet", "\(name)/\(new?.name ?? old?.name ?? "")", old.map(Self.text), new.map(Self.text))
        }
        for (old, new) in Self.pairs(before?.groups ?? [], after?.groups ?? [], by: { $0.name }) {
            compare(old, new, in: name)
        }
        for (old, new) in Self.pairs(Self.members(before), Self.members(after), by: { $0.label }) {
            compare(old, new, in: name)
        }
    }

    /// A rule is its text in its group: as in a revision, one with another text is another rule.
    private mutating func compare(_ before: SecurityGroup?, _ after: SecurityGroup?, in vpc: String) {
        let name = "\(vpc)/\(after?.name ?? before?.name ?? "")"
        if let before, let after {
            // Told only where it changes: that a group is stateful goes without saying.
            if before.isStateful != after.isStateful { add("group", name, Self.kind(before), Self.kind(after)) }
        } else {
            let words = { (group: SecurityGroup) in group.isStateful ? "" : Self.kind(group) }
            add("group", name, before.map(words), after.map(words))
        }
        let old = before?.rules ?? []
        let new = after?.rules ?? []
        for (former, rule) in Self.pairs(old, new, by: { $0.text }) where former == nil || rule == nil {
            add("rule", name, former?.text, rule?.text)
        }
        let kept = (old.map(\.text).filter(new.map(\.text).contains), new.map(\.text).filter(old.map(\.text).contains))
        if kept.0 != kept.1 {
            changes.append(Change(kind: .changed, subject: "group", name: name, detail: "rules in another order"))
        }
    }

    private struct Member {
        let label: String
        let interface: Interface
    }

    private static func members(_ vpc: VPC?) -> [Member] {
        (vpc?.instances ?? []).flatMap { instance in
            instance.interfaces.map { Member(label: "\(instance.name)/\($0.name)", interface: $0) }
        }
    }

    private mutating func compare(_ before: Member?, _ after: Member?, in vpc: String) {
        let name = "\(vpc)/\(after?.label ?? before?.label ?? "")"
        guard let old = before?.interface, let new = after?.interface else {
            return add("interface", name, before.map { Self.text($0.interface) }, after.map { Self.text($0.interface) })
        }
        var parts = new.groups.filter { !old.groups.contains($0) }.map { "group \($0) attached" }
        parts += old.groups.filter { !new.groups.contains($0) }.map { "group \($0) detached" }
        if parts.isEmpty, old.groups != new.groups { parts.append("groups in another order") }
        let values: [(String, String, String)] = [
            ("addresses", Self.list(old.addresses), Self.list(new.addresses)),
            ("device", old.device, new.device), ("subnet", old.subnet, new.subnet),
            ("mac", old.mac?.description ?? "any", new.mac?.description ?? "any"),
        ]
        parts += values.filter { $0.1 != $0.2 }.map { "\($0.0) \($0.1) → \($0.2)" }
        guard !parts.isEmpty else { return }
        changes.append(
            Change(kind: .changed, subject: "interface", name: name, detail: parts.joined(separator: ", ")))
    }

    private mutating func add(_ subject: String, _ name: String, _ before: String?, _ after: String?) {
        let (kind, detail): (Change.Kind, String)
        switch (before, after) {
        case (nil, .some(let after)): (kind, detail) = (.added, after)
        case (.some(let before), nil): (kind, detail) = (.removed, before)
        case (.some(let before), .some(let after)) where before != after:
            (kind, detail) = (.changed, "\(before) → \(after)")
        default: return
        }
        changes.append(Change(kind: kind, subject: subject, name: name, detail: detail))
    }

    /// Former and new elements of one name side by side: what stays or goes in its order, then what comes.
    private static func pairs<Element>(
        _ old: [Element], _ new: [Element], by name: (Element) -> String
    ) -> [(Element?, Element?)] {
        let latter = Dictionary(new.map { (name($0), $0) }) { first, _ in first }
        let former = Set(old.map(name))
        return old.map { ($0, latter[name($0)]) } + new.filter { !former.contains(name($0)) }.map { (nil, $0) }
    }

    private static func list(_ values: [some CustomStringConvertible]) -> String {
        values.map(\.description).joined(separator: ", ")
    }

    private static func kind(_ group: SecurityGroup) -> String { group.isStateful ? "stateful" : "stateless" }

    private static func text(_ subnet: Subnet) -> String {
        list(subnet.prefixes) + (subnet.zone.map { " in \($0)" } ?? "")
    }

    private static func text(_ interface: Interface) -> String {
        let groups = interface.groups.isEmpty ? "no group" : "groups \(list(interface.groups))"
        return "\(list(interface.addresses)) on \(interface.device), \(groups)"
    }

    private static func text(_ collector: Collector) -> String {
        var notes = collector.isActive ? "" : ", suspended"
        if collector.format != .ibm { notes += ", format \(collector.format.name)" }
        let columns = collector.format.columns
        if !columns.isEmpty, columns != AWSField.defaultNames { notes += " of \(list(columns))" }
        if collector.interval != Collector.defaultInterval { notes += ", every \(collector.interval) s" }
        return "\(collector.target) to \(collector.bucket)\(notes)"
    }
}

extension PolicyDiff.Change {
    /// `+ rule shop/web: ingress tcp/443 from any`.
    var text: String {
        let sign =
            switch kind {
            case .added: "+"
            case .removed: "-"
            case .changed: "~"
            }
        return "\(sign) \(subject) \(name)\(detail.isEmpty ? "" : ": \(detail)")"
    }

    var colour: Console.Colour {
        switch kind {
        case .added: .green
        case .removed: .red
        case .changed: .yellow
        }
    }
}

extension PolicyDiff {
    /// `3 rules added, 1 rule removed, 1 interface changed`.
    var summary: String {
        var counts: [(words: (subject: String, kind: String), count: Int)] = []
        for change in changes {
            let words = (change.subject, change.kind.rawValue)
            if let index = counts.firstIndex(where: { $0.words == words }) {
                counts[index].count += 1
            } else {
                counts.append((words, 1))
            }
        }
        guard !counts.isEmpty else { return "nothing changes" }
        return counts.map { "\(Wording.count($0.count, $0.words.subject)) \($0.words.kind)" }.joined(separator: ", ")
    }
}
