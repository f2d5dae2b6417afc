import Model
import Yams

/// One value of the file with the place to name when it is wrong.
package struct FileValue {
    let node: Node
    /// As `vpcs[0].groups[1]`; empty for the document itself.
    package let path: String
    /// Counts from 1.
    package let line: Int
    package let problems: ProblemList

    init(_ node: Node, path: String, line: Int, problems: ProblemList) {
        self.node = node
        self.path = path
        self.line = node.mark?.line ?? line
        self.problems = problems
    }

    package func report(_ message: String, mend: String) {
        problems.add(line: line, path: path, message: message, mend: mend)
    }

    package var isMapping: Bool { if case .mapping = node { true } else { false } }
    /// Whether it is an empty text, or no value at all.
    package var isEmpty: Bool { if case .scalar(let scalar) = node { scalar.string.isEmpty } else { false } }
    package var isList: Bool { if case .sequence = node { true } else { false } }

    /// What the value is, in the words of an error message.
    package var kind: String {
        switch node {
        case .scalar(let scalar): scalar.string.isEmpty ? "nothing" : "\"\(excerpt(scalar.string))\""
        case .mapping: "a mapping"
        case .sequence: "a list"
        case .alias: "an alias"
        }
    }

    /// The text of a scalar that is not empty; reports anything else.
    package func text(_ wanted: String) -> String? {
        guard case .scalar(let scalar) = node, !scalar.string.isEmpty else {
            report("\(kind) where a text is wanted", mend: "write \(wanted)")
            return nil
        }
        guard !scalar.string.utf8.contains(0) else {
            report("a NUL character (\\0) in a text", mend: "leave it out")
            return nil
        }
        return scalar.string
    }

    /// `true` or `false`.
    package func flag() -> Bool? {
        guard case .scalar(let scalar) = node, let value = Bool(scalar.string) else {
            report("\(kind) is neither true nor false", mend: "write true or false")
            return nil
        }
        return value
    }

    /// The elements of a list; none, with a report, of anything else.
    package func elements(of wanted: String) -> [FileValue] {
        guard case .sequence(let sequence) = node else {
            report("\(kind) where a list is wanted", mend: "write a list of \(wanted)")
            return []
        }
        var values: [FileValue] = []
        for (index, element) in sequence.enumerated() {
            let value = FileValue(element, path: "\(path)[\(index)]", line: line, problems: problems)
            guard problems.mayVisit(line: value.line, path: value.path) else { break }
            values.append(value)
        }
        return values
    }

    /// The keys of a mapping, reporting those that are not among `known`; nil, with a report, of anything else.
    ///
    /// `former` are keys of earlier releases, with the mend for each.
    package func fields(_ known: [String], former: [String: String] = [:]) -> FileFields? {
        guard case .mapping(let mapping) = node else {
            let keys = known.prefix(3).joined(separator: ", ")
            let rest = known.count > 3 ? ", …" : ""
            report("\(kind) where a mapping is wanted", mend: "write a mapping with the keys \(keys)\(rest)")
            return nil
        }
        var values: [(key: String, value: FileValue)] = []
        for (keyNode, node) in mapping {
            let keyLine = keyNode.mark?.line ?? line
            guard problems.mayVisit(line: keyLine, path: path) else { break }
            guard case .scalar(let scalar) = keyNode else {
                problems.add(line: keyLine, path: path, message: "a key that is not a text", mend: Self.keys(known))
                continue
            }
            guard known.contains(scalar.string) else {
                if let mend = former[scalar.string] {
                    problems.add(
                        line: keyLine, path: path, message: "\"\(scalar.string)\" is no key any more", mend: mend)
                    continue
                }
                let nearest = Suggestion.nearest(to: scalar.string, among: known)
                problems.add(
                    line: keyLine, path: path, message: "unknown key \"\(excerpt(scalar.string))\"",
                    mend: nearest.map { "write \"\($0)\"" } ?? Self.keys(known))
                continue
            }
            let below = path.isEmpty ? scalar.string : "\(path).\(scalar.string)"
            values.append((scalar.string, FileValue(node, path: below, line: keyLine, problems: problems)))
        }
        return FileFields(owner: self, values: values)
    }

    /// All keys of a mapping whose keys are free, in their order; nil, with a report, of anything else.
    package func entries(_ wanted: String) -> [(key: String, value: FileValue)]? {
        guard case .mapping(let mapping) = node else {
            report("\(kind) where a mapping is wanted", mend: "write \(wanted)")
            return nil
        }
        var entries: [(key: String, value: FileValue)] = []
        for (keyNode, node) in mapping {
            let keyLine = keyNode.mark?.line ?? line
            guard problems.mayVisit(line: keyLine, path: path) else { break }
            guard case .scalar(let scalar) = keyNode else {
                problems.add(line: keyLine, path: path, message: "a key that is not a text", mend: "write \(wanted)")
                continue
            }
            guard !scalar.string.utf8.contains(0) else {
                problems.add(line: keyLine, path: path, message: "a NUL character (\\0) in a key", mend: "leave it out")
                continue
            }
            let below = path.isEmpty ? scalar.string : "\(path).\(scalar.string)"
            entries.append((scalar.string, FileValue(node, path: below, line: keyLine, problems: problems)))
        }
        return entries
    }

    private static func keys(_ known: [String]) -> String { "the keys are \(known.joined(separator: ", "))" }

    private func excerpt(_ text: String) -> String { text.count > 80 ? text.prefix(80) + "…" : text }
}

/// The known keys of one mapping.
package struct FileFields {
    package let owner: FileValue
    fileprivate let values: [(key: String, value: FileValue)]

    fileprivate init(owner: FileValue, values: [(key: String, value: FileValue)]) {
        self.owner = owner
        self.values = values
    }

    package subscript(key: String) -> FileValue? { values.first { $0.key == key }?.value }

    /// The value of a key that must be there; reports when it is not.
    package func required(_ key: String, _ wanted: String) -> FileValue? {
        if let value = self[key] { return value }
        owner.report("key \"\(key)\" is missing", mend: "write \(key): \(wanted)")
        return nil
    }

    /// The value of the one of two keys that is given; reports both and neither.
    package func either(_ one: String, or many: String, _ wanted: String) -> FileValue? {
        guard let first = self[one] else {
            if let second = self[many] { return second }
            owner.report("key \"\(one)\" is missing", mend: "write \(one): \(wanted)")
            return nil
        }
        if let second = self[many] {
            second.report("both \"\(one)\" and \"\(many)\" are given", mend: "keep one of them")
        }
        return first
    }
}
