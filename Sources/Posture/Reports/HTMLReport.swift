package import Model

/// Findings as one page that needs nothing else: no script, no address of another host.
package enum HTMLReport {
    package static func text(_ findings: [PostureFinding], of what: String, at instant: Timestamp) -> String {
        let counts = Severity.allCases.reversed().map { severity in
            "\(findings.count { $0.severity == severity && $0.exemption == nil }) \(severity.rawValue)"
        }
        let rows = findings.map { finding in
            """
            <tr class="\(finding.exemption == nil ? finding.severity.rawValue : "exempt")"><td>\(finding.severity.rawValue)</td>\
            <td>\(escaped(finding.check.rawValue))</td><td>\(escaped(finding.resource))</td>\
            <td>\(escaped(finding.detail))\(finding.rules.map { "<br><code>\(escaped($0))</code>" }.joined())</td>\
            <td>\(escaped(finding.exemption.map { "exempt: \($0)" } ?? finding.mend))</td></tr>
            """
        }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Posture of \(escaped(what))</title>
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <style>
            :root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif }
            body { margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
            table { border-collapse: collapse; width: 100% }
            th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid #8886 }
            td:first-child { font-weight: 600 } .critical td:first-child, .high td:first-child { color: #c62828 }
            .medium td:first-child { color: #b26a00 } .exempt { opacity: .6 }
            </style></head><body>
            <h1>Posture of \(escaped(what))</h1>
            <p>\(instant): \(counts.joined(separator: ", ")).</p>
            <table><thead><tr><th>severity</th><th>check</th><th>where</th><th>what</th><th>mend</th></tr></thead>
            <tbody>
            \(rows.joined(separator: "\n"))
            </tbody></table></body></html>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;").replacing(
            "\"", with: "&quot;")
    }
}
