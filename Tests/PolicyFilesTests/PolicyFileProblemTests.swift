import Testing

@testable import Documents
@testable import PolicyFiles

/// Each fault in a small file gives exactly one problem, printed as a person will read it.
@Suite struct PolicyFileProblemTests {
    /// The problems of a text, one a line.
    private func problems(_ text: String) -> String {
        do {
            _ = try PolicyFile.load(text, name: "f.yaml")
            return ""
        } catch {
            return error.description
        }
    }

    private static let head = "project: p\nvpcs:\n- name: v\n  cidrs: [10.0.0.0/16, fd00::/48]\n"

    @Test(arguments: [
        ("", "f.yaml:1: the file is empty; write at least project: NAME and vpcs: []"),
        (
            "hello",
            "f.yaml:1: \"hello\" where a mapping is wanted; write a mapping with the keys project, vpcs, collectors, …"
        ),
        (
            "project: p\n---\nproject: q",
            "f.yaml:2: the file is not valid YAML: expected a single document in the stream begun at line 1 "
                + "but found another document; mend the YAML at column 1"
        ),
        (
            "project: p\nvpcs: []\u{1}",
            "f.yaml:2: the file is not valid YAML: control characters are not allowed; remove the character"
        ),
        (
            "project: p\r\nvpcs: []\r\nfoo: 1\r\n",
            "f.yaml:3: unknown key \"foo\"; the keys are project, vpcs, collectors, region, bridges, assertions, "
                + "enterprise, sinks"
        ),
        ("vpcs: []", "f.yaml:1: key \"project\" is missing; write project: NAME"),
        ("project: p", "f.yaml:1: key \"vpcs\" is missing; write vpcs: a list of VPCs"),
        (
            "[a]",
            "f.yaml:1: a list where a mapping is wanted; write a mapping with the keys project, vpcs, collectors, …"
        ),
        ("project: p\nvpcs: none", "f.yaml:2: vpcs: \"none\" where a list is wanted; write a list of VPCs"),
        ("project: [p]\nvpcs: []", "f.yaml:1: project: a list where a text is wanted; write the project's name"),
        (
            "project: p q\nvpcs: []",
            "f.yaml:1: project: project name \"p q\" contains \" \"; "
                + "use 1-63 letters, digits, \"_\", \".\" and \"-\", the first not \".\" or \"-\""
        ),
        ("project: p\nvpc: []\nvpcs: []", "f.yaml:2: unknown key \"vpc\"; write \"vpcs\""),
        (
            "project: p\nvpcs: []\nfoo: 1",
            "f.yaml:3: unknown key \"foo\"; the keys are project, vpcs, collectors, region, bridges, assertions, "
                + "enterprise, sinks"
        ),
        (
            "project: p\nvpcs: []\nproject: q",
            "f.yaml:1: key \"project\" stands twice in one mapping, first here; keep one of them"
        ),
        (
            "project: p\nvpcs: [\n",
            "f.yaml:2: the file is not valid YAML: while parsing a flow node begun at line 3 "
                + "did not find expected node content; mend the YAML at column 1"
        ),
        (
            "project: p\nvpcs:\n\t- name: v",
            "f.yaml:3: the file is not valid YAML: while scanning for the next token begun at line 3 "
                + "found character that cannot start any token; mend the YAML at column 1"
        ),
        (
            "project: p\nvpcs: *gone",
            "f.yaml:2: the file is not valid YAML: found undefined alias; mend the YAML at column 7"
        ),
    ])
    func `the document itself`(text: String, expected: String) {
        #expect(problems(text) == expected)
    }

    @Test(arguments: [
        ("- name: v", "f.yaml:3: vpcs[0]: key \"cidrs\" is missing; write cidrs: [PREFIX, …]"),
        (
            "- name: v\n  cidrs: []",
            "f.yaml:4: vpcs[0].cidrs: the list has no prefix; write at least one, as 10.1.0.0/16"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.1/16]",
            "f.yaml:4: vpcs[0].cidrs[0]: prefix 10.1.0.1/16 has bits set beyond its first 16; write 10.1.0.0/16"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0/33]",
            "f.yaml:4: vpcs[0].cidrs[0]: prefix 10.1.0.0/33 is too long; use a length of at most 32"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0]",
            "f.yaml:4: vpcs[0].cidrs[0]: \"10.1.0.0\" has no length; write a prefix, as 10.1.0.0/32"
        ),
        (
            "- name: v\n  cidrs: [ten]",
            "f.yaml:4: vpcs[0].cidrs[0]: \"ten\" is not a prefix; write one as 10.1.0.0/16 or fd00:1::/48"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0/16, 10.0.0.0/8]",
            "f.yaml:4: vpcs[0].cidrs[1]: 10.0.0.0/8 of VPC \"v\" overlaps 10.1.0.0/16 of VPC \"v\"; keep the wider one"
        ),
        (
            "- {name: v, cidrs: [10.1.0.0/16]}\n- {name: v, cidrs: [10.1.0.0/16]}",
            "f.yaml:4: vpcs[1].name: VPC \"v\" is defined twice, first at line 3; rename one of them"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0/16]\n  subnets: [{name: s}]",
            "f.yaml:5: vpcs[0].subnets[0]: key \"cidr\" is missing; write cidr: PREFIX"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0/16]\n  subnets: [{name: s, cidr: 10.1.1.0/24, cidrs: [10.1.2.0/24]}]",
            "f.yaml:5: vpcs[0].subnets[0].cidrs: both \"cidr\" and \"cidrs\" are given; keep one of them"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0/16]\n  subnets: [{name: s, cidr: 10.2.1.0/24}]",
            "f.yaml:5: vpcs[0].subnets[0].cidr: subnet 10.2.1.0/24 is outside VPC \"v\"; "
                + "choose a part of 10.1.0.0/16, or widen the VPC's cidrs"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0/16]\n  subnets:\n  - {name: s, cidr: 10.1.1.0/24}\n  - {name: t, cidr: 10.1.0.0/20}",
            "f.yaml:7: vpcs[0].subnets[1].cidr: 10.1.0.0/20 of subnet \"t\" overlaps 10.1.1.0/24 of subnet \"s\"; "
                + "make the subnets disjoint"
        ),
        (
            "- name: v\n  cidrs: [10.1.0.0/16]\n  subnets: [{name: s, cidr: 10.1.1.0/24}, {name: s, cidr: 10.1.2.0/24}]",
            "f.yaml:5: vpcs[0].subnets[1].name: subnet \"s\" is defined twice, first at line 5; rename one of them"
        ),
    ])
    func `VPCs with their subnets`(text: String, expected: String) {
        #expect(problems("project: p\nvpcs:\n" + text) == expected)
    }

    @Test(arguments: [
        (
            "{name: g, rules: [ingress tcp/90-80 from any]}",
            "rules[0]: port range 90-80 is reversed; write tcp/80-90"
        ),
        (
            "{name: g, rules: [{rule: ingress gre/1 from any}]}",
            "rules[0].rule: protocol gre has no ports, but \"1\" is given; write gre"
        ),
        (
            "{name: g, rules: [{description: x}]}",
            "rules[0]: key \"rule\" is missing; write rule: a rule, as \"ingress tcp/443 from any\""
        ),
        (
            "{name: g, rules: [[x]]}",
            "rules[0]: a list where a text is wanted; write a rule, as \"ingress tcp/443 from any\""
        ),
        (
            "{name: web, rules: [ingress any from group:wbe]}",
            "rules[0]: there is no group \"wbe\" in VPC \"v\"; write \"web\""
        ),
        (
            "{name: web, rules: [ingress any from group:database]}",
            "rules[0]: there is no group \"database\" in VPC \"v\"; there is only \"web\""
        ),
        (
            "{name: web, rules: [ingress any from group:allow_sssh]}",
            "rules[0]: there is no group \"allow_sssh\" in VPC \"v\"; write \"allow_ssh\""
        ),
        (
            "{name: g, rules: [ingress tcp/1 from any, ingress 6/1-1 from any]}",
            "rules[1]: rule \"ingress tcp/1 from any\" stands twice in group \"g\", first at line 6; remove one of them"
        ),
        (
            "{name: allow_all, rules: [ingress any from any]}",
            "name: group \"allow_all\" is ready-made and cannot be defined or edited; "
                + "attach it as it is, or choose another name"
        ),
        ("{name: g, rule: []}", "unknown key \"rule\"; write \"rules\""),
    ])
    func `groups with their rules`(group: String, expected: String) {
        let separator = expected.hasPrefix("unknown") ? ": " : "."
        #expect(problems(Self.head + "  groups:\n  - \(group)") == "f.yaml:6: vpcs[0].groups[0]\(separator)\(expected)")
    }

    @Test(arguments: [
        ("{target: vpc/v, bucket: 'file:x'}", ": key \"name\" is missing; write name: NAME"),
        ("{name: c, bucket: 'file:x'}", ": key \"target\" is missing; write target: vpc/NAME"),
        ("{name: c, target: vpc/v}", ": key \"bucket\" is missing; write bucket: \"file:FOLDER\""),
        (
            "{name: c, target: vpc/v, bucket: 's3:x'}",
            ".bucket: bucket \"s3:x\" is neither file:FOLDER nor s3://BUCKET; write \"file:flowlogs\", "
                + "\"file:/var/flowlogs\" or \"s3://flows?endpoint=https://HOST\""
        ),
        ("{name: c, target: vpc/w, bucket: 'file:x'}", ".target: there is no VPC \"w\"; write \"v\""),
        ("{name: c, target: vpc, bucket: 'file:x'}", ".target: \"vpc\" is not a target; write vpc/V"),
        (
            "{name: c, target: host/h, bucket: 'file:x'}",
            ".target: \"host/h\" is not a target; write vpc/V, subnet/V/S, instance/V/I or interface/V/I/N"
        ),
        (
            "{name: c, target: subnet/v/s, bucket: 'file:x'}",
            ".target: there is no subnet \"s\"; define the subnet first"
        ),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', active: yes}",
            ".active: \"yes\" is neither true nor false; write true or false"
        ),
        ("{name: c, target: vpc/v, bucket: 'file:x', actve: true}", ": unknown key \"actve\"; write \"active\""),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', all_protocols: true}",
            ": \"all_protocols\" is no key any more; write format: ibm+ for true"
        ),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', format: ibm++}",
            ".format: \"ibm++\" is no format; write \"ibm+\""
        ),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', format: aws, fields: [version, src-addr]}",
            ".fields: \"src-addr\" is no field of AWS's flow logs; write \"srcaddr\""
        ),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', format: aws, fields: '${bytes} ${bytes}'}",
            ".fields: field \"bytes\" stands twice; keep one of them"
        ),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', fields: [version]}",
            ".fields: fields are those of format aws, and the format is ibm; leave them out, or choose format aws"
        ),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', interval: 59}",
            ".interval: interval \"59\" is not 60 to 3600 seconds; write whole seconds, as 300"
        ),
        (
            "{name: c, target: vpc/v, bucket: 'file:x', interval: 5m}",
            ".interval: interval \"5m\" is not 60 to 3600 seconds; write whole seconds, as 300"
        ),
    ])
    func `collectors`(collector: String, expected: String) {
        #expect(problems(Self.head + "collectors:\n- \(collector)") == "f.yaml:6: collectors[0]\(expected)")
    }

    @Test func `a target has one collector`() {
        let text =
            Self.head + "collectors:\n- {name: a, target: vpc/v, bucket: 'file:x'}\n"
            + "- {name: b, target: vpc/v, bucket: 'file:x'}"
        #expect(
            problems(text)
                == "f.yaml:7: collectors[1].target: target \"vpc/v\" has collector \"a\" already; keep one collector a target"
        )
    }

    @Test func `all problems come at once, in the order of the file`() {
        let text = """
            project: p
            vpcs:
              - name: v
                cidrs: [10.0.0.0/8]
                instances:
                  - name: i
                    interfaces: [{name: n, subnet: s, address: 10.0.0.1, device: d, groups: [g]}]
                subnets: [{name: t, cidr: 11.0.0.0/24}]
                groups: [{name: h, rules: [ingress tcp/80-70 from any]}]
            """
        let lines = problems(text).split(separator: "\n").map { $0.split(separator: ":")[1] }
        #expect(lines == ["7", "7", "8", "9"])
    }

    @Test func `bytes that are no text are refused with their line`() {
        let bytes = Array("project: p\nvpcs: [".utf8) + [0xff, 0x5d]
        let error = #expect(throws: DocumentError.self) { try PolicyFile.load(bytes: bytes, name: "f.yaml") }
        #expect(error?.description == "f.yaml:2: the file is not UTF-8 text; save it as UTF-8")
    }

    @Test func `deep nesting is an error`() {
        let text = "project: " + String(repeating: "[", count: 50_000)
        #expect(problems(text).contains("is not valid YAML"))
    }

    @Test func `aliases that unfold without end are an error`() {
        var text =
            "project: p\nvpcs:\n- &v {name: v, cidrs: [10.0.0.0/8], groups: [&g {name: g, rules: [&r ingress tcp/1 from any"
        text += String(repeating: ", *r", count: 3000) + "]}" + String(repeating: ", *g", count: 3000) + "]}"
        text += String(repeating: "\n- *v", count: 3000)
        #expect(text.utf8.count < 100_000)
        #expect(problems(text).contains("aliases unfold into more than"))
    }
}
