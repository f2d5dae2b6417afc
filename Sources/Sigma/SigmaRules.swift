import Documents
import Host
import Model

/// All rules of a folder, with what joins them.
package struct SigmaRules {
    /// Rules in the order of files and their documents.
    private(set) var rules: [SigmaRule] = []
    private(set) var correlations: [SigmaCorrelation] = []
    /// Rules whose findings are told by correlations alone.
    private(set) var silent: Set<Int> = []

    package var count: Int { rules.count + correlations.count }

    /// Reads all `.yml` and `.yaml` files of a folder, or one file.
    ///
    /// - Throws: All faults of all files; nothing is left out in silence.
    package init(path: String) throws {
        var problems: [DocumentProblem] = []
        var filters: [SigmaFilter] = []
        var placeholders: [String: [String]] = [:]
        let files = try Self.files(path)
        for file in files where Self.isPlaceholders(file) {
            do throws(DocumentError) { placeholders = try Self.placeholders(file) } catch { problems += error.problems }
        }
        for file in files where !Self.isPlaceholders(file) {
            guard try DurableFile.size(file) <= Limit.body.bound else {
                problems.append(
                    DocumentProblem(
                        file: file, line: 0, path: "", message: "the file has more than \(Limit.body.text)",
                        mend: "split it into several"))
                continue
            }
            guard let bytes = try DurableFile.read(file) else { continue }
            guard let text = String(validating: bytes, as: UTF8.self) else {
                problems.append(
                    DocumentProblem(
                        file: file, line: 1, path: "", message: "the file is not UTF-8 text", mend: "save it as UTF-8"))
                continue
            }
            let reader = RuleReader(file: file, placeholders: placeholders)
            for part in Document.parts(of: text) {
                do throws(DocumentError) {
                    switch try Document.read(part, name: file, example: "title: …", { reader.read($0) }) {
                    case .rule(let rule)?: rules.append(rule)
                    case .correlation(let correlation)?: correlations.append(correlation)
                    case .filter(let filter)?: filters.append(filter)
                    case nil: break
                    }
                } catch {
                    problems += error.problems
                }
            }
        }
        problems += apply(filters) + resolve()
        guard problems.isEmpty else { throw DocumentError(problems: problems) }
        guard count > 0 else {
            throw DocumentError(problems: [
                DocumentProblem(
                    file: path, line: 0, path: "", message: "there is no rule", mend: "put .yml files there")
            ])
        }
    }

    private static func isPlaceholders(_ file: String) -> Bool {
        file.hasSuffix("/placeholders.yml") || file.hasSuffix("/placeholders.yaml")
    }

    private static func files(_ path: String) throws -> [String] {
        guard DurableFile.exists(path) else {
            throw DocumentError(problems: [
                DocumentProblem(
                    file: path, line: 0, path: "", message: "there is no such file or folder",
                    mend: "name one that is there")
            ])
        }
        let names: [String]
        do {
            names = try DurableFile.list(path)
        } catch {
            guard error.isNoFolder else { throw error }
            return [path]
        }
        return try names.sorted().flatMap { name -> [String] in
            if name.hasPrefix(".") { return [] }
            if name.hasSuffix(".yml") || name.hasSuffix(".yaml") { return ["\(path)/\(name)"] }
            return name.contains(".") ? [] : try files("\(path)/\(name)").filter { $0 != "\(path)/\(name)" }
        }
    }

    private static func placeholders(_ file: String) throws(DocumentError) -> [String: [String]] {
        try Document.read(file: file, example: "name: [value]") { root in
            var all: [String: [String]] = [:]
            for (name, value) in root.entries("names and their values") ?? [] {
                all[name] =
                    value.isList
                    ? value.elements(of: "values").compactMap(\.scalar?.text) : value.scalar.map { [$0.text] }
            }
            return all
        }
    }

    /// Asks filters' conditions beside those of their rules.
    private mutating func apply(_ filters: [SigmaFilter]) -> [DocumentProblem] {
        var problems: [DocumentProblem] = []
        for filter in filters {
            for name in filter.rules {
                let places = rules.indices.filter { name == "any" || rules[$0].id == name || rules[$0].name == name }
                if places.isEmpty, name != "any" {
                    problems.append(
                        DocumentProblem(
                            file: filter.value.problems.file, line: filter.value.line, path: filter.value.path,
                            message: "there is no rule \"\(name)\"", mend: "write a rule's id or name, or any"))
                }
                for place in places { rules[place].condition = .all([rules[place].condition, filter.condition]) }
            }
        }
        return problems
    }

    /// The places of the rules that a correlation names: those of rules, then those of correlations.
    func places(_ correlation: SigmaCorrelation) -> [Int] {
        correlation.rules.compactMap { place($0) }
    }

    private func place(_ name: String) -> Int? {
        if let rule = rules.firstIndex(where: { $0.id == name || $0.name == name }) { return rule }
        return correlations.firstIndex { $0.id == name || $0.name == name }.map { rules.count + $0 }
    }

    private mutating func resolve() -> [DocumentProblem] {
        var problems: [DocumentProblem] = []
        for (number, correlation) in correlations.enumerated() {
            for name in correlation.rules {
                guard let place = place(name) else {
                    problems.append(
                        DocumentProblem(
                            file: correlation.file, line: correlation.line, path: "correlation.rules",
                            message: "there is no rule \"\(name)\"", mend: "write a rule's id or name"))
                    continue
                }
                // A correlation may name those before it: there is no circle.
                if place >= rules.count + number {
                    problems.append(
                        DocumentProblem(
                            file: correlation.file, line: correlation.line, path: "correlation.rules",
                            message: "\"\(name)\" is this correlation or a later one",
                            mend: "write it behind those it names"))
                    continue
                }
                if !correlation.generates { silent.insert(place) }
            }
        }
        return problems
    }
}
