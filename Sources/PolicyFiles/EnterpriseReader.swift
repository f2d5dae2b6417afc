import Documents
import Model
import Records

/// Reads the enterprise policy, behind everything that its rules may name.
struct EnterpriseReader {
    private let project: String
    private let vpcs: [VPC]

    init(project: String, vpcs: [VPC]) {
        self.project = project
        self.vpcs = vpcs
    }

    private static let keys = [
        "name", "action", "direction", "from", "to", "service", "scope", "enabled", "log", "schedule", "expires",
        "owner", "ticket", "note",
    ]

    func read(_ list: FileValue, _ groups: inout GroupNames) -> [EnterpriseRule] {
        var names = NameRegister(kind: "enterprise rule")
        var rules: [EnterpriseRule] = []
        for value in list.elements(of: "enterprise rules") {
            guard let fields = value.fields(Self.keys) else { continue }
            let name = names.read(fields)
            if let rule = read(fields, named: name, &groups) { rules.append(rule) }
        }
        return rules
    }

    private func read(_ fields: FileFields, named name: String, _ groups: inout GroupNames) -> EnterpriseRule? {
        let action = word(fields.required("action", words(EnterpriseRule.Action.self)), EnterpriseRule.Action.self)
        let direction = word(fields.required("direction", words(Direction.self)), Direction.self)
        var ends = EnterpriseEndReader(vpcs: vpcs, groups: groups)
        let source = fields.required("from", "any").flatMap { ends.read($0) } ?? .any
        let target = fields.required("to", "any").flatMap { ends.read($0) } ?? .any
        groups = ends.groups
        let services = fields["service"].map(readServices) ?? [.any]
        let isLogged = fields["log"].flatMap { $0.flag() } ?? true
        if action == .observe, !isLogged {
            fields["log"]?.report(
                "observe rule \"\(name)\" with log: false would do nothing",
                mend: "leave log out, or take the rule away")
        }
        guard let action, let direction else { return nil }
        let rule = EnterpriseRule(
            // Provisional: the revision that adopts the rule gives it an id that was never used before.
            id: Identifier(derivedFrom: "enterprise-rule", project, name), name: name, action: action,
            direction: direction, source: source, target: target, services: services,
            scope: fields["scope"].flatMap(readScope), isEnabled: fields["enabled"].flatMap { $0.flag() } ?? true,
            isLogged: isLogged, schedule: fields["schedule"].flatMap(readSchedule),
            expires: fields["expires"].flatMap(readInstant), owner: text(fields, "owner"),
            ticket: text(fields, "ticket"), note: text(fields, "note"))
        report(contradictionOf: rule, fields)
        return rule
    }

    /// Reports a rule that no session can match, because its parts are of two families.
    private func report(contradictionOf rule: EnterpriseRule, _ fields: FileFields) {
        func families(_ end: EnterpriseEnd) -> [AddressFamily] {
            guard case .anyOf(let elements) = end else { return AddressFamily.allCases }
            return AddressFamily.allCases.filter { family in
                elements.contains { if case .prefix(let prefix) = $0 { prefix.family == family } else { true } }
            }
        }
        let common = AddressFamily.allCases.filter {
            families(rule.source).contains($0) && families(rule.target).contains($0) && rule.families.contains($0)
        }
        guard common.isEmpty else { return }
        fields.owner.report(
            "rule \"\(rule.text)\" can match no session: its parts are of two families",
            mend: "name addresses of one family, and a service that it carries")
    }

    // MARK: Parts

    private func words<Word: CaseIterable & RawRepresentable<String>>(_ type: Word.Type) -> String {
        Word.allCases.map(\.rawValue).joined(separator: " or ")
    }

    private func word<Word: CaseIterable & RawRepresentable<String>>(_ value: FileValue?, _ type: Word.Type) -> Word? {
        guard let value, let text = value.text(words(type)) else { return nil }
        if let word = Word(rawValue: text) { return word }
        let known = Word.allCases.map(\.rawValue)
        value.report(
            "\"\(text.prefix(40))\" is none of \(known.joined(separator: ", "))",
            mend: Suggestion.mend(text, among: known, none: "write \(known[0])"))
        return nil
    }

    private func text(_ fields: FileFields, _ key: String) -> String? {
        guard let value = fields[key], let text = value.text("a text, as \(key): NAME") else { return nil }
        if text.utf8.count > 1024 {
            value.report("\(key) has \(text.utf8.count) bytes", mend: "write 1024 at most")
        }
        return text
    }

    private static let maximumServices = 64

    private func readServices(_ value: FileValue) -> [Service] {
        let list = value.isList ? value.elements(of: "services") : [value]
        if value.isList, list.isEmpty || list.count > Self.maximumServices {
            value.report(
                "a list of \(list.count) services", mend: "name 1-\(Self.maximumServices), or write service: any")
        }
        var services: [Service] = []
        for value in list {
            guard let text = value.text("a service, as tcp/443") else { continue }
            do {
                let service = try RuleText.service(text)
                if services.contains(service) {
                    value.report("service \"\(text)\" stands twice", mend: "remove one of them")
                } else {
                    services.append(service)
                }
            } catch {
                value.report(error.message, mend: error.mend)
            }
        }
        return services.isEmpty ? [.any] : services
    }

    private func readScope(_ value: FileValue) -> EnterpriseScope? {
        guard let fields = value.fields(["projects", "vpcs"]) else { return nil }
        let known = vpcs.map(\.name)
        func read(_ key: String, _ resolve: (FileValue, String) -> Void) -> [String] {
            var names: [String] = []
            for value in fields[key]?.elements(of: key) ?? [] {
                guard let name = value.text("a name") else { continue }
                resolve(value, name)
                if !names.contains(name) { names.append(name) }
            }
            return names
        }
        let scope = EnterpriseScope(
            projects: read("projects") { value, name in
                guard name != project else { return }
                value.report("there is no project \"\(name)\" in this file", mend: "write \"\(project)\"")
            },
            vpcs: read("vpcs") { value, name in
                guard !known.contains(name) else { return }
                value.report(
                    "there is no VPC \"\(name)\"",
                    mend: Suggestion.mend(name, among: known, none: "define it under vpcs"))
            })
        if scope.projects.isEmpty, scope.vpcs.isEmpty {
            value.report("a scope that names nothing", mend: "name projects or vpcs, or leave scope out")
            return nil
        }
        return scope
    }

    private func readSchedule(_ value: FileValue) -> Schedule? {
        guard let fields = value.fields(["from", "until", "hours"]) else { return nil }
        let (from, until) = (fields["from"].flatMap(readInstant), fields["until"].flatMap(readInstant))
        if let from, let until, from >= until {
            fields["until"]?.report("until \(until) is not behind from \(from)", mend: "write a later instant")
        }
        var hours: [WeeklyHours] = []
        if let list = fields["hours"] {
            for value in list.isList ? list.elements(of: "hours") : [list] {
                guard let text = value.text("hours, as \"mon-fri 09:00-17:00\"") else { continue }
                if let read = WeeklyHours(text) {
                    hours.append(read)
                } else {
                    value.report(
                        "\"\(text.prefix(40))\" names no hours of the week",
                        mend: "write days and hours in UTC, as \"mon-fri 09:00-17:00\" or \"sat 22:00-06:00\"")
                }
            }
        }
        return Schedule(from: from, until: until, hours: hours)
    }

    /// A day is its beginning, in UTC.
    private func readInstant(_ value: FileValue) -> Timestamp? {
        let wanted = "a day as 2027-03-01, or an instant as 2027-03-01T09:00:00Z"
        guard let text = value.text(wanted) else { return nil }
        if let instant = TimeText.instant(text) ?? TimeText.instant("\(text)T00:00:00Z") { return instant }
        value.report("\"\(text.prefix(40))\" is neither a day nor an instant", mend: "write \(wanted)")
        return nil
    }
}
