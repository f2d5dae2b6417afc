import Documents
import Model

/// Reads what must hold of a policy: `[only] SOURCE [never] reaches TARGET [on SERVICE]`.
struct AssertionReader {
    let vpcs: [VPC]

    func read(_ list: FileValue) -> [PolicyAssertion] {
        var assertions: [PolicyAssertion] = []
        for value in list.elements(of: "assertions") {
            guard let text = value.text("an assertion, as \"\(Self.example)\"") else { continue }
            guard let assertion = parse(text, value) else { continue }
            if assertions.contains(assertion) {
                value.report("assertion \"\(assertion.text)\" stands twice", mend: "remove one of them")
            } else {
                assertions.append(assertion)
            }
        }
        return assertions
    }

    private static let example = "only group:app reaches group:db on tcp/5432"

    private func parse(_ text: String, _ value: FileValue) -> PolicyAssertion? {
        var words = text.split { $0 == " " || $0 == "\t" || $0 == "\n" }.map(String.init)
        let shape = "write \"[only] SOURCE [never] reaches TARGET [on SERVICE]\", as \"\(Self.example)\""
        var claim = PolicyAssertion.Claim.reaches
        if words.first == "only" {
            claim = .only
            words.removeFirst()
        } else if words.count > 1, words[1] == "never" {
            claim = .never
            words.remove(at: 1)
        }
        guard words.count == 3 || words.count == 5 && words[3] == "on", words[1] == "reaches" else {
            value.report("\"\(text.prefix(80))\" is not an assertion", mend: shape)
            return nil
        }
        var service = Service.any
        if words.count == 5 {
            do {
                service = try RuleText.service(words[4])
            } catch {
                value.report(error.message, mend: error.mend)
                return nil
            }
        }
        guard let source = end(words[0], value), let target = end(words[2], value) else { return nil }
        if source == .outside, target == .outside {
            value.report("what passes between others is nobody's to judge", mend: "name an end of the policy")
            return nil
        }
        return PolicyAssertion(claim, source: source, target: target, service: service)
    }

    private func end(_ word: String, _ value: FileValue) -> PolicyAssertion.End? {
        if word == "any" { return .any }
        if word == "outside" { return .outside }
        if word.hasPrefix("group:") {
            let name = String(word.dropFirst("group:".count))
            let known = vpcs.flatMap(\.groups).map(\.name)
            guard known.contains(name) else {
                value.report(
                    "there is no group \"\(name)\"",
                    mend: Suggestion.mend(name, among: known, none: "define the group in a VPC"))
                return nil
            }
            return .group(name)
        }
        let instances = vpcs.flatMap(\.instances)
        let names = instances.flatMap { instance in
            [instance.name] + instance.interfaces.map { "\(instance.name)/\($0.name)" }
        }
        guard names.contains(word) else {
            value.report(
                "\"\(word.prefix(80))\" is neither any, outside, group:NAME, an instance nor an instance/interface",
                mend: Suggestion.mend(word, among: names, none: "write any, outside or group:NAME"))
            return nil
        }
        return .interface(word)
    }
}
