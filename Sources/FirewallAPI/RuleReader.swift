import Model
import Registry
import Service

/// Reads one rule as clients write it: every value is a text.
struct RuleReader {
    let project: Project
    let region: String
    let database: RegistryState

    /// A rule, and the place that it asks for; -1 is the end.
    struct Wanted {
        let draft: StoredEnterpriseRule.Draft
        let place: Int
    }

    private static let required = [
        "SourceContent", "SourceType", "DestContent", "DestType", "RuleAction", "Description",
    ]
    private static let optional = [
        "OrderIndex", "Protocol", "Port", "ServiceTemplateId", "Id", "Uid", "Enable", "Scope",
    ]
    private static let mostPorts = 15
    private static let mostCharacters = 100

    func read(_ fields: Parameters) throws -> Wanted {
        try fields.check(required: Self.required, optional: Self.optional)
        guard try fields.text("ServiceTemplateId") ?? "" == "" else {
            throw FirewallError(
                .unsupported,
                "\(fields.name("ServiceTemplateId")): there are no templates of ports; write Protocol and Port.")
        }
        let scope = try fields.text("Scope") ?? "SG"
        guard ["SG", "NONE", ""].contains(scope) else {
            throw scope == "LH"
                ? FirewallError(.unsupported, "\(fields.name("Scope")): only SG is served.")
                : fields.refusal("Scope", scope, "SG or NONE")
        }
        let source = try end(fields, "Source")
        let target = try end(fields, "Dest")
        if source.form == .network, target.form == .network,
            source.content.contains(":") != target.content.contains(":")
        {
            throw FirewallError(
                .combination,
                "\(fields.name("DestContent")): it is of another family than SourceContent; write a rule for each.")
        }
        let description = try fields.text("Description") ?? ""
        guard !description.isEmpty, description.count <= Self.mostCharacters else {
            throw fields.refusal("Description", description, "1 to \(Self.mostCharacters) characters")
        }
        let transport = try transport(fields)
        return Wanted(
            draft: .init(
                source: source, target: target, action: try action(fields), transport: transport,
                ports: try ports(fields, transport), description: description, isEnabled: try isEnabled(fields)),
            place: try place(fields))
    }

    private func action(_ fields: Parameters) throws -> EnterpriseRule.Action {
        let word = try fields.text("RuleAction") ?? ""
        if let action = RuleWords.action(word.lowercased()) { return action }
        if word.lowercased().hasPrefix("isolate") {
            throw FirewallError(.unsupported, "\(fields.name("RuleAction")): to isolate is no rule here; write drop.")
        }
        throw fields.refusal("RuleAction", word, "accept, drop or log")
    }

    private func isEnabled(_ fields: Parameters) throws -> Bool {
        switch try fields.text("Enable")?.lowercased() {
        case nil, "", "true": return true
        case "false": return false
        case .some(let word): throw fields.refusal("Enable", word, "true or false")
        }
    }

    /// A place in decimal; -1, and nothing, is the end.
    private func place(_ fields: Parameters) throws -> Int {
        guard let text = try fields.text("OrderIndex"), !text.isEmpty else { return -1 }
        guard let place = Int(text), place == -1 || place >= 1 else {
            throw fields.refusal("OrderIndex", text, "-1 or a place from 1 on")
        }
        return place
    }

    private func transport(_ fields: Parameters) throws -> String {
        guard let word = try fields.text("Protocol") else {
            throw FirewallError(.missing, "The parameter \(fields.name("Protocol")) is missing.")
        }
        guard ["ANY", "TCP", "UDP", "ICMP"].contains(word) else {
            throw fields.refusal("Protocol", word, "ANY, TCP, UDP or ICMP, in capitals")
        }
        return word.lowercased()
    }

    /// The ports as they are kept; empty is all.
    private func ports(_ fields: Parameters, _ transport: String) throws -> String {
        guard let text = try fields.text("Port") else {
            throw FirewallError(.missing, "The parameter \(fields.name("Port")) is missing.")
        }
        if text == "-1/-1" { return "" }
        func fault(_ wanted: String) -> FirewallError { fields.refusal("Port", text, wanted) }
        guard transport == "tcp" || transport == "udp" else { throw fault("-1/-1, as ANY and ICMP have no ports") }
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        guard text.utf8.count <= 200, items.count <= Self.mostPorts else {
            throw fault("at most \(Self.mostPorts) items in 200 bytes")
        }
        for item in items {
            let ends = item.split(separator: "/", omittingEmptySubsequences: false).map { end -> Int? in
                end.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(end) : nil
            }
            guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
                first >= 1, last <= 65_535
            else { throw fault("-1/-1, ports and ranges as 80,8000/9000, each from 1 to 65535") }
            guard first <= last else { throw fault("a range that begins before it ends") }
        }
        return text
    }

    // MARK: Ends

    private func end(_ fields: Parameters, _ side: String) throws -> StoredEnterpriseRule.End {
        let (typeKey, key) = ("\(side)Type", "\(side)Content")
        let type = try fields.text(typeKey) ?? ""
        let content = try fields.text(key) ?? ""
        guard (1...512).contains(content.utf8.count) else { throw fields.refusal(key, content, "1 to 512 bytes") }
        switch type.lowercased() {
        case "net": return .init(.network, try AddressWords.network(content, fields, key))
        case "template":
            guard
                try StoredAddressTemplate.byName(of: project.id, in: database).contains(where: {
                    $0.templateID == content
                }
                )
            else { throw missing(fields, key, "template", content) }
            return .init(.template, content)
        case "instance":
            guard let asset = try asset(content) else { throw missing(fields, key, "asset", content) }
            return .init(.asset, content, asset: asset)
        case "resourcegroup":
            guard try StoredGroup.stored(content, in: database)?.projectID == project.id else {
                throw missing(fields, key, "resource group", content)
            }
            return .init(.group, content)
        case "tag":
            let tag = JSON(parsing: Array(content.utf8))
            guard let name = tag?["Key"]?.text, !name.isEmpty, let value = tag?["Value"]?.text else {
                throw fields.refusal(key, content, #"a tag as {"Key":"…","Value":"…"}"#)
            }
            return .init(.tag, "\(name)=\(value)")
        case "region":
            guard content == region else { throw fields.refusal(key, content, "the region of this server, \(region)") }
            return .init(.region, content)
        case "dnsparse":
            throw FirewallError(
                .unsupported,
                "\(fields.name(typeKey)): names of domains are not looked up here; write the addresses as net or template."
            )
        default:
            throw fields.refusal(typeKey, type, "net, template, instance, resourcegroup, tag or region")
        }
    }

    private func missing(_ fields: Parameters, _ key: String, _ what: String, _ id: String) -> FirewallError {
        FirewallError(
            .notFound, "\(fields.name(key)): the project has no \(what) \(Limit.textOfEntry.cut(id)).")
    }

    /// What an id is among the things that rules may name.
    private func asset(_ id: String) throws -> Kind? {
        if try StoredInstance.stored(id, in: database)?.projectID == project.id { return .instance }
        if try StoredVPC.stored(id, in: database)?.projectID == project.id { return .vpc }
        if try StoredSubnet.stored(id, in: database)?.projectID == project.id { return .subnet }
        return try StoredInterface.stored(id, in: database)?.projectID == project.id ? .interface : nil
    }
}

/// Addresses as this API has them.
enum AddressWords {
    /// An address or a block; one that means everything is to say so.
    static func network(_ text: String, _ fields: Parameters, _ key: String) throws(FirewallError) -> String {
        guard text != "0.0.0.0", text != "::" else {
            throw fields.refusal(key, text, "an address; for all of them write \(text)/0")
        }
        if let address = IPAddress(text) { return address.description }
        guard let prefix = try? IPPrefix(parsing: text) else {
            throw fields.refusal(key, text, "an address, or a block without bits behind its length")
        }
        return prefix.description
    }
}

/// The words of this API for what the registry keeps.
enum RuleWords {
    static func action(_ word: String) -> EnterpriseRule.Action? {
        switch word {
        case "accept": .allow
        case "drop": .block
        case "log": .observe
        default: nil
        }
    }

    static func word(_ action: EnterpriseRule.Action) -> String {
        switch action {
        case .allow: "accept"
        case .block: "drop"
        case .observe: "log"
        }
    }

    /// As lists and logs have it.
    static func strategy(_ action: EnterpriseRule.Action) -> Int {
        switch action {
        case .observe: 0
        case .block: 1
        case .allow: 2
        }
    }

    static func type(_ end: StoredEnterpriseRule.End) -> String {
        switch end.form {
        case .network: "net"
        case .asset: "instance"
        case .template: "template"
        case .group: "resourcegroup"
        case .tag: "tag"
        case .region: "region"
        }
    }

    /// As lists have it.
    static func typeNumber(_ end: StoredEnterpriseRule.End) -> Int {
        switch end.form {
        case .network: 0
        case .asset:
            switch end.asset {
            case .vpc: 1
            case .subnet: 2
            case .interface: 5
            default: 3
            }
        case .template: 7
        case .tag: 8
        case .region: 9
        case .group: 100
        }
    }

    static func content(_ end: StoredEnterpriseRule.End) -> String {
        guard end.form == .tag else { return end.content }
        let parts = end.content.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let tag = JSONObject([("Key", .string(parts[0])), ("Value", .string(parts.count > 1 ? parts[1] : ""))])
        return String(decoding: JSON.object(tag).bytes, as: UTF8.self)
    }

    static func ports(_ rule: StoredEnterpriseRule) -> String { rule.ports.isEmpty ? "-1/-1" : rule.ports }

    /// `2026-12-01 02:00:00`, in UTC.
    static func time(_ nanoseconds: Int64) -> String {
        APITime.text(nanoseconds).replacing("T", with: " ").replacing("Z", with: "")
    }
}
