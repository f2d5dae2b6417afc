package import Documents
import Model
import Records

/// What an operator says of checks:
///
/// ```yaml
/// checks:
///   no-collector: off
///   unrestricted-egress: medium
/// exemptions:
///   - {check: internet-admin-port, resource: bastion/eth0, reason: the way in, expires: 2027-03-01}
/// ```
package struct PostureSettings: Sendable {
    private struct Exemption: Sendable {
        let check: PostureCheck.Name
        /// nil is every resource.
        let resource: String?
        let reason: String
        let expires: Timestamp?
    }

    private var severities: [PostureCheck.Name: Severity] = [:]
    private var off: Set<PostureCheck.Name> = []
    private var exemptions: [Exemption] = []

    package init() {}

    /// Reads a file.
    ///
    /// - Throws: All its faults.
    package init(file path: String) throws(DocumentError) {
        self = try Document.read(file: path, example: "checks: {no-collector: off}") { root in
            var settings = PostureSettings()
            settings.read(root)
            return settings
        }
    }

    private mutating func read(_ root: FileValue) {
        guard let fields = root.fields(["checks", "exemptions"]) else { return }
        for (key, value) in fields["checks"]?.entries("names of checks") ?? [] {
            guard let check = Self.check(key, value), let word = Self.word(value) else { continue }
            if word == "off" {
                off.insert(check)
            } else if let severity = Severity(rawValue: word) {
                severities[check] = severity
            } else {
                let words = ["off"] + Severity.allCases.map(\.rawValue)
                value.report(
                    "\"\(word.prefix(40))\" is no severity",
                    mend: Suggestion.mend(word, among: words, none: "write off"))
            }
        }
        for value in fields["exemptions"]?.elements(of: "exemptions") ?? [] {
            guard let fields = value.fields(["check", "resource", "reason", "expires"]),
                let name = fields.required("check", "CHECK"), let word = name.text("a check's name"),
                let check = Self.check(word, name),
                let reason = fields.required("reason", "WHY")?.text("why it is no weakness")
            else { continue }
            var expires: Timestamp?
            if let date = fields["expires"], let text = date.text("a day") {
                expires = TimeText.instant("\(text)T00:00:00Z")
                if expires == nil { date.report("\"\(text.prefix(40))\" is no day", mend: "write it as 2027-03-01") }
            }
            exemptions.append(
                Exemption(
                    check: check, resource: fields["resource"]?.text("a resource's name"), reason: reason,
                    expires: expires))
        }
    }

    /// YAML reads `off` as false.
    private static func word(_ value: FileValue) -> String? {
        value.text("off, or a severity").map { $0 == "false" ? "off" : $0 }
    }

    private static func check(_ name: String, _ value: FileValue) -> PostureCheck.Name? {
        if let check = PostureCheck.Name(rawValue: name) { return check }
        value.report(
            "there is no check \"\(name.prefix(40))\"",
            mend: Suggestion.mend(name, among: PostureCheck.Name.allCases.map(\.rawValue), none: "name a check"))
        return nil
    }

    /// The finding as the settings have it; nil where its check is off.
    func applied(to finding: PostureFinding, at instant: Timestamp) -> PostureFinding? {
        guard !off.contains(finding.check) else { return nil }
        var finding = finding
        if let severity = severities[finding.check] { finding.severity = severity }
        let exemption = exemptions.first { exemption in
            exemption.check == finding.check && (exemption.resource.map { $0 == finding.resource } ?? true)
                && (exemption.expires.map { instant < $0 } ?? true)
        }
        finding.exemption = exemption?.reason
        return finding
    }
}
