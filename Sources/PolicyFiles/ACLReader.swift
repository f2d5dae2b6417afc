import Documents
import Model

/// Reads the network ACLs of one VPC.
struct ACLReader {
    let project: String
    let vpc: String
    private var names = NameRegister(kind: "network ACL")

    init(project: String, vpc: String) {
        self.project = project
        self.vpc = vpc
    }

    mutating func read(_ list: FileValue?) -> [NetworkACL] {
        var acls: [NetworkACL] = []
        for value in list?.elements(of: "acls") ?? [] {
            guard let fields = value.fields(["name", "rules"]) else { continue }
            let name = names.read(fields)
            acls.append(
                NetworkACL(
                    id: Identifier(derivedFrom: "acl", project, vpc, name), name: name,
                    rules: readRules(fields["rules"], of: name)))
        }
        return acls
    }

    /// The ACL that a subnet names.
    func resolve(_ value: FileValue) -> String? {
        guard let name = value.text("a network ACL's name") else { return nil }
        if !names.contains(name) {
            value.report(
                "there is no network ACL \"\(name)\" in VPC \"\(vpc)\"",
                mend: Suggestion.mend(name, among: names.names, none: "define it under acls in VPC \"\(vpc)\""))
        }
        return name
    }

    private func readRules(_ list: FileValue?, of acl: String) -> [ACLRule] {
        var rules: [ACLRule] = []
        var lines: [String: Int] = [:]
        for value in list?.elements(of: "rules") ?? [] {
            guard let text = value.text("a rule, as \"deny ingress tcp/22 from any to any\"") else { continue }
            do {
                let rule = try ACLRuleText.rule(
                    parsing: text, id: Identifier(derivedFrom: "acl-rule", project, vpc, acl, text))
                if let line = lines[rule.text] {
                    value.report(
                        "rule \"\(rule.text)\" stands twice in network ACL \"\(acl)\", first at line \(line)",
                        mend: "remove the second: the first decides")
                    continue
                }
                lines[rule.text] = value.line
                rules.append(rule)
            } catch {
                value.report(error.message, mend: error.mend)
            }
        }
        return rules
    }
}
