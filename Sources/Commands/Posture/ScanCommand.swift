import ArgumentParser
import Link
import Model
import Posture
import Records
import Terminal

struct ScanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan",
        abstract: "Weaknesses of a policy: what the internet reaches, rules that do nothing, what nobody watches.",
        discussion: """
            What is reached is worked out of all packets, after network ACLs, enterprise rules and groups. Without --file the \
            revision in force here is looked at, and the host with it. Exit code 3 with findings of --fail-on or worse \
            that are neither exempted nor in --baseline.

            Example: gatehouse scan -f shop.yaml --fail-on high
            """)

    @Option(name: .shortAndLong, help: "The policy file (default: the latest revision of this host).")
    var file: String?

    @Option(help: "A file of checks (off, or their severities) and exemptions, each with its reason.")
    var settings: String?

    @Option(help: "An earlier scan's JSON: only what is not in it makes the exit code 3.")
    var baseline: String?

    @Option(help: "From which severity on the exit code is 3: low, medium, high, critical or none.")
    var failOn = "low"

    @Option(
        name: [.customLong("output"), .customShort("o")],
        help: "How to write the answer: table, json, jsonl, csv, yaml, sarif or html.")
    var format = ScanFormat.listing(.table)

    @OptionGroup var data: DataOptions

    func validate() throws { _ = try threshold() }

    func run() throws {
        let wanted = try settings.map { try PostureSettings(file: $0) } ?? PostureSettings()
        let known = try baseline.map { try PostureBaseline(file: $0) }
        let findings: [PostureFinding]
        if let file {
            findings = PostureScan.findings(try PolicySource.load(file, "--file"), at: .now, settings: wanted)
        } else {
            let revision = try PolicySource.latest(data)
            let host = try HostPosture.findings(AgentClient(data.folder))
            findings = PostureScan.findings(revision.policy, at: .now, settings: wanted, and: host)
        }
        write(findings, known)
        let limit = try threshold()
        let counted = findings.filter { finding in
            finding.exemption == nil && !(known?.ids.contains(finding.id) ?? false)
                && limit.map { finding.severity >= $0 } ?? false
        }
        if !counted.isEmpty { throw ExitCode.no }
    }

    private func write(_ findings: [PostureFinding], _ known: PostureBaseline?) {
        switch format {
        case .listing(let format):
            var writer = ListingWriter(PostureListing(known: known), format)
            for finding in findings { writer.add(finding) }
            writer.finish()
            if findings.isEmpty, format == .table { Console.tell("nothing was found") }
        case .sarif: Console.write(SARIFReport.text(findings, file: file ?? "policy.yaml").bytes)
        case .html:
            Console.write(Array(HTMLReport.text(findings, of: file ?? "this host", at: .now).utf8))
        }
    }

    /// nil where no finding makes the exit code 3.
    private func threshold() throws -> Severity? {
        if failOn == "none" { return nil }
        guard let severity = Severity(rawValue: failOn) else {
            let words = Severity.allCases.map(\.rawValue) + ["none"]
            throw ValidationError("--fail-on \(failOn): \(Suggestion.mend(failOn, among: words, none: "give low"))")
        }
        return severity
    }
}

/// How a scan is written: as any listing, or as a report.
enum ScanFormat: ExpressibleByArgument {
    case listing(OutputFormat)
    case sarif
    case html

    init?(argument: String) {
        switch argument {
        case "sarif": self = .sarif
        case "html": self = .html
        default:
            guard let format = OutputFormat(rawValue: argument) else { return nil }
            self = .listing(format)
        }
    }

    static var allValueStrings: [String] { OutputFormat.allCases.map(\.rawValue) + ["sarif", "html"] }
    var defaultValueDescription: String { "table" }
}

/// How what a scan has found is listed.
struct PostureListing: Listing {
    let known: PostureBaseline?

    let columns = [
        TableColumn("SEVERITY"), TableColumn("CHECK"), TableColumn("WHERE"), TableColumn("WHAT"), TableColumn("MEND"),
    ]

    private func state(_ row: PostureFinding) -> String {
        row.exemption != nil ? "exempt" : known?.ids.contains(row.id) == true ? "known" : "new"
    }

    func cells(_ row: PostureFinding) -> [String] {
        let mend = row.exemption.map { "exempt: \($0)" } ?? row.mend
        return [
            state(row) == "new" ? row.severity.rawValue : "\(row.severity.rawValue) (\(state(row)))",
            row.check.rawValue,
            row.resource, row.detail, mend,
        ]
    }

    let keys = ["id", "check", "severity", "state", "resource", "detail", "rules", "mend", "witness", "exemption"]

    func fields(_ row: PostureFinding) -> [Field] {
        [
            Field("id", .text(row.id)), Field("check", .text(row.check.rawValue)),
            Field("severity", .text(row.severity.rawValue)), Field("state", .text(state(row))),
            Field("resource", .text(row.resource)), Field("detail", .text(row.detail)),
            Field("rules", .texts(row.rules)),
            Field("mend", .text(row.mend)), Field("witness", row.witness.map(Datum.init(witness:)) ?? .absent),
            Field("exemption", .text(row.exemption)),
        ]
    }
}
