package import Records

/// Findings in SARIF 2.1.0, which code scanners and their dashboards read.
///
/// Source: OASIS Static Analysis Results Interchange Format 2.1.0. A check is a rule, a finding a result at the policy file; exempted
/// ones are suppressed, and the fingerprint is the finding's id.
package enum SARIFReport {
    package static func text(_ findings: [PostureFinding], file: String) -> ByteLine {
        let checks = PostureCheck.Name.allCases.filter { name in findings.contains { $0.check == name } }
        let rules = checks.map { name -> Datum in
            .object([
                Field("id", .text(name.rawValue)),
                Field("shortDescription", .object([Field("text", .text(name.title))])),
            ])
        }
        let results = findings.map { finding -> Datum in
            var fields = [
                Field("ruleId", .text(finding.check.rawValue)), Field("level", .text(level(finding.severity))),
                Field(
                    "message",
                    .object([Field("text", .text("\(finding.resource): \(finding.detail); \(finding.mend)"))])),
                Field(
                    "locations",
                    .list([
                        .object([
                            Field(
                                "physicalLocation",
                                .object([Field("artifactLocation", .object([Field("uri", .text(file))]))])),
                            Field(
                                "logicalLocations",
                                .list([.object([Field("fullyQualifiedName", .text(finding.resource))])])),
                        ])
                    ])),
                Field("partialFingerprints", .object([Field("gatehouse/v1", .text(finding.id))])),
            ]
            if let reason = finding.exemption {
                fields.append(
                    Field(
                        "suppressions",
                        .list([.object([Field("kind", .text("external")), Field("justification", .text(reason))])])))
            }
            return .object(fields)
        }
        let run = Datum.object([
            Field(
                "tool",
                .object([
                    Field("driver", .object([Field("name", .text("gatehouse")), Field("rules", .list(rules))]))
                ])),
            Field("results", .list(results)),
        ])
        var line = ByteLine(capacity: 4096)
        line.append(jsonObject: [
            Field("$schema", .text("https://json.schemastore.org/sarif-2.1.0.json")), Field("version", .text("2.1.0")),
            Field("runs", .list([run])),
        ])
        line.append("\n")
        return line
    }

    private static func level(_ severity: Severity) -> String {
        switch severity {
        case .low: "note"
        case .medium: "warning"
        case .high, .critical: "error"
        }
    }
}
