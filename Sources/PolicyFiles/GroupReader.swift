import Documents
import Model

/// Reads the security groups of one VPC, and resolves the names of groups.
struct GroupReader {
    let project: String
    let vpc: String
    private var own: [SecurityGroup] = []
    private var names = NameRegister(kind: "group")
    private var readyMade: Set<ReadyMadeGroup> = []
    private var stateless: Set<String> = []

    init(project: String, vpc: String) {
        self.project = project
        self.vpc = vpc
    }

    /// The file's groups in its order, then the ready-made ones that something names.
    var all: [SecurityGroup] {
        own + ReadyMadeGroup.allCases.filter(readyMade.contains).map { $0.group(project: project, vpc: vpc) }
    }

    /// Whether a group of this name exists; a ready-made one comes into the VPC by being asked for.
    mutating func resolve(_ name: String) -> Bool {
        if let group = ReadyMadeGroup(rawValue: name) {
            readyMade.insert(group)
            return true
        }
        return names.contains(name)
    }

    /// Whether sessions that the group of this name admits go on by themselves; ready-made ones are stateful.
    func isStateful(_ name: String) -> Bool { !stateless.contains(name) }

    /// The mend for a name that `resolve` does not find.
    func mend(_ name: String) -> String {
        let ready = ReadyMadeGroup.allCases.map(\.rawValue)
        if let nearest = Suggestion.nearest(to: name, among: names.names + ready) { return "write \"\(nearest)\"" }
        return Suggestion.mend(name, among: names.names, none: "define the group in VPC \"\(vpc)\"")
    }

    mutating func read(_ list: FileValue?) {
        // All names first: a rule may name a group that is defined further down.
        var headed: [(name: String, fields: FileFields)] = []
        for value in list?.elements(of: "groups") ?? [] {
            guard let fields = value.fields(["name", "stateful", "observe", "rules"]) else { continue }
            let name = names.read(fields)
            if ReadyMadeGroup(rawValue: name) != nil {
                fields["name"]?.report(
                    "group \"\(name)\" is ready-made and cannot be defined or edited",
                    mend: "attach it as it is, or choose another name")
            }
            if fields["stateful"]?.flag() == false { stateless.insert(name) }
            headed.append((name, fields))
        }
        for (name, fields) in headed {
            let id = Identifier<SecurityGroup>(derivedFrom: "group", project, vpc, name)
            let rules = readRules(fields["rules"], group: name)
            own.append(
                SecurityGroup(
                    id: id, name: name, rules: rules, isStateful: isStateful(name),
                    mode: JudgingMode.read(fields["observe"])))
        }
    }

    private mutating func readRules(_ list: FileValue?, group: String) -> [Rule] {
        var rules: [Rule] = []
        var lines: [String: Int] = [:]
        for value in list?.elements(of: "rules") ?? [] {
            guard let (place, text, description) = parts(of: value) else { continue }
            do {
                let parsed = try RuleText(parsing: text)
                if case .group(let name) = parsed.remote, !resolve(name) {
                    place.report("there is no group \"\(name)\" in VPC \"\(vpc)\"", mend: mend(name))
                }
                let canonical = parsed.rule(id: Identifier(high: 0, low: 0)).text
                if let line = lines[canonical] {
                    place.report(
                        "rule \"\(canonical)\" stands twice in group \"\(group)\", first at line \(line)",
                        mend: "remove one of them")
                    continue
                }
                lines[canonical] = place.line
                // Provisional: the revision that adopts the rule gives it an id that was never used before.
                let id = Identifier<Rule>(derivedFrom: "rule", project, vpc, group, canonical)
                rules.append(parsed.rule(id: id, description: description))
            } catch {
                place.report(error.message, mend: error.mend)
            }
        }
        return rules
    }

    /// The text of a rule, written by itself or under `rule:`, and its author's description.
    private func parts(of value: FileValue) -> (place: FileValue, text: String, description: String)? {
        let wanted = "a rule, as \"ingress tcp/443 from any\""
        guard value.isMapping else { return value.text(wanted).map { (value, $0, "") } }
        guard let fields = value.fields(["rule", "description"]),
            let place = fields.required("rule", wanted), let text = place.text(wanted)
        else { return nil }
        return (place, text, fields["description"]?.text("a description") ?? "")
    }
}
