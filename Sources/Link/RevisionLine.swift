package import Model

/// The line that tells a host a revision, and the digest of its policy: the text is made once for both.
package struct RevisionLine: Sendable {
    /// What `ControlCodec` makes of `HostMessage.revision`.
    package let bytes: [UInt8]
    /// `Policy.digest` of the revision's policy.
    package let digest: String

    package init(_ revision: Revision) throws {
        var json = CanonicalJSON()
        json.append(#"{"revision":{"_0":{"actor":"#)
        json.append(string: revision.actor)
        json.append(#","madeAt":"#)
        json.append(number: revision.madeAt.nanoseconds)
        if let notes = revision.notes {
            json.append(#","notes":"#)
            json.append(notes) { $0.append($1) }
        }
        json.append(#","number":"#)
        json.append(number: revision.number)
        json.append(#","origin":"#)
        json.append(string: revision.origin)
        json.append(#","policy":"#)
        let start = json.bytes.count
        try json.append(revision.policy)
        let policy = start..<json.bytes.count
        json.append(#","ruleOrigins":"#)
        json.append(revision.ruleOrigins)
        json.append("}}}")
        bytes = json.bytes
        digest = Policy.digest(of: json.bytes.span.extracting(policy))
    }
}

extension Policy {
    /// Tells policies apart: the same on both ends of the wire.
    package var digest: String {
        get throws {
            var json = CanonicalJSON()
            try json.append(self)
            return Self.digest(of: json.bytes.span)
        }
    }

    fileprivate static func digest(of json: Span<UInt8>) -> String {
        Identifier<Policy>(derivedFrom: "policy", utf8: json).description
    }
}

extension CanonicalJSON {
    fileprivate mutating func append(_ note: Catalogue.RevisionNote) {
        append(#"{"actor":"#)
        append(string: note.actor)
        append(#","madeAt":"#)
        append(number: note.madeAt.nanoseconds)
        append(#","number":"#)
        append(number: note.number)
        append(#","origin":"#)
        append(string: note.origin)
        append("}")
    }

    /// Writes numbers by names, in the order of the names' bytes.
    fileprivate mutating func append(_ numbers: [String: Int]) {
        append("{")
        let sorted = numbers.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        for (index, entry) in sorted.enumerated() {
            if index > 0 { append(",") }
            append(string: entry.key)
            append(":")
            append(number: entry.value)
        }
        append("}")
    }
}
