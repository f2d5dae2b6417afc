import Documents
import Model

/// Reads whom an enterprise rule means at an end: `any`, an element, a list of elements, or `{not: [ELEMENT, …]}`.
struct EnterpriseEndReader {
    private let vpcs: [VPC]
    private(set) var groups: GroupNames

    /// So many elements an end may name.
    private static let maximumElements = 10_000
    private static let wanted = "any, an address, a block, vpc:V, subnet:V/S, group:V/G or instance:V/I"

    init(vpcs: [VPC], groups: GroupNames) {
        self.vpcs = vpcs
        self.groups = groups
    }

    mutating func read(_ value: FileValue) -> EnterpriseEnd? {
        if value.isMapping {
            guard let fields = value.fields(["not"]), let list = fields.required("not", "[ELEMENT, …]") else {
                return nil
            }
            let elements = readList(list)
            return elements.isEmpty ? nil : .noneOf(elements)
        }
        if value.isList {
            let elements = readList(value)
            return elements.isEmpty ? nil : .anyOf(elements)
        }
        guard let text = value.text(Self.wanted) else { return nil }
        if text == "any" { return .any }
        return readElement(text, value).map { .anyOf([$0]) }
    }

    private mutating func readList(_ value: FileValue) -> [EnterpriseElement] {
        let list = value.isList ? value.elements(of: "elements") : [value]
        if list.isEmpty { value.report("a list without elements means nobody", mend: "write any, or name somebody") }
        if list.count > Self.maximumElements {
            value.report("a list of \(list.count) elements", mend: "name \(Self.maximumElements) at most")
            return []
        }
        var elements: [EnterpriseElement] = []
        var known: Set<EnterpriseElement> = []
        for value in list {
            guard let text = value.text(Self.wanted) else { continue }
            if text == "any" {
                value.report("any within a list", mend: "write any alone, or leave it out")
                continue
            }
            guard let element = readElement(text, value) else { continue }
            if known.insert(element).inserted {
                elements.append(element)
            } else {
                value.report("\(element) stands twice", mend: "remove one of them")
            }
        }
        return elements
    }

    private mutating func readElement(_ text: String, _ value: FileValue) -> EnterpriseElement? {
        // An IPv6 address has colons as well, and no letters behind f before the first.
        let kind = text.prefix { $0.isLetter }
        guard text.dropFirst(kind.count).first == ":",
            ["vpc", "subnet", "group", "instance", "domain", "tag"].contains(kind)
        else { return readPrefix(text, value) }
        let name = String(text.dropFirst(kind.count + 1))
        switch kind {
        case "vpc":
            if vpcs.contains(where: { $0.name == name }) { return .vpc(name) }
            report("VPC", name, among: vpcs.map(\.name), value)
            return nil
        case "domain", "tag":
            value.report(
                "\(kind): is not understood yet", mend: "name addresses, or vpc:, subnet:, group: or instance:")
            return nil
        default: return readNamed(String(kind), name, value)
        }
    }

    /// What is in a VPC: `V/NAME`, or the name alone where one VPC only has it.
    private mutating func readNamed(_ kind: String, _ name: String, _ value: FileValue) -> EnterpriseElement? {
        let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let own = parts.last ?? ""
        let places = vpcs.indices.filter { parts.count == 1 || vpcs[$0].name == parts[0] }
        if parts.count == 2, places.isEmpty {
            report("VPC", parts[0], among: vpcs.map(\.name), value)
            return nil
        }
        let found = places.filter { place in
            switch kind {
            case "subnet": vpcs[place].subnets.contains { $0.name == own }
            case "instance": vpcs[place].instances.contains { $0.name == own }
            default:
                groups.vpcs[place].groups.contains { $0.name == own }
                    || parts.count == 2 && groups.resolve(own, in: place)
            }
        }
        guard let place = found.first, found.count == 1 else {
            if found.count > 1 {
                let choice = found.map { "\(kind):\(vpcs[$0].name)/\(own)" }.joined(separator: " or ")
                value.report("\(kind) \"\(own)\" is in \(found.count) VPCs", mend: "write \(choice)")
            } else {
                let known = places.flatMap { place -> [String] in
                    switch kind {
                    case "subnet": vpcs[place].subnets.map(\.name)
                    case "instance": vpcs[place].instances.map(\.name)
                    default: vpcs[place].groups.map(\.name)
                    }
                }
                report(kind, own, among: known, value)
            }
            return nil
        }
        let vpc = vpcs[place].name
        switch kind {
        case "subnet": return .subnet(vpc: vpc, name: own)
        case "instance": return .instance(vpc: vpc, name: own)
        default: return .group(vpc: vpc, name: own)
        }
    }

    private func report(_ kind: String, _ name: String, among known: [String], _ value: FileValue) {
        value.report(
            "there is no \(kind) \"\(name.prefix(80))\"",
            mend: Suggestion.mend(name, among: known, none: "define it in the file"))
    }

    private func readPrefix(_ text: String, _ value: FileValue) -> EnterpriseElement? {
        do {
            return .prefix(try RuleText.prefix(text))
        } catch {
            guard case .malformedRemote = error else {
                value.report(error.message, mend: error.mend)
                return nil
            }
            value.report("\"\(text.prefix(80))\" names nobody", mend: "write \(Self.wanted)")
            return nil
        }
    }
}
