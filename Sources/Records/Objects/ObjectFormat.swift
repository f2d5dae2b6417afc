package import Model

/// One way of writing flow-log objects. A further one is one file, and one line in `ObjectFormats.standard`.
package protocol ObjectFormat: Sendable {
    /// The word that users write.
    var name: String { get }
    /// What is in its objects, in a few words for a list of formats.
    var summary: String { get }
    /// The columns that can be chosen; nil for a format without a choice.
    var columns: ObjectColumns? { get }
    /// The objects that each span of time gives, also where there is nothing to tell.
    var parts: [FlowObjectFormat.Part] { get }
    /// What the keys of its objects begin with; nothing else lies there.
    var keyPrefix: String { get }
    /// Whether its contents name the other ends of flows, for which all interfaces are looked at once.
    var namesPeers: Bool { get }

    /// What the key of an object says of where it belongs; nil for one that the format does not write.
    func place(key: String) -> FlowObjectPlace?
    /// What writes the objects of one interface.
    func content(_ subject: ObjectSubject) -> any ObjectContent
}

/// The columns that a format has to choose from.
package struct ObjectColumns: Hashable, Sendable {
    package let known: [String]
    /// Those of who does not choose.
    package let usual: [String]
    /// Whose flow logs they are of, in a sentence.
    package let origin: String
}

/// Whose records a content is of, and what it calls things by.
package struct ObjectSubject: Sendable {
    package let collector: Collector
    package let placement: Placement
    package let region: String
    package let catalogue: Catalogue
    /// There where the format names peers.
    package let json: FlowJSON?
}

/// Writes the objects of one interface in one format.
package protocol ObjectContent: Sendable {
    /// Where the object of a span that ended at `end` lies in its bucket.
    ///
    /// `stream` is the end of the stream's first span, `counter` which of the part's objects in its hour folder it is, from
    /// 0 on.
    func key(_ part: FlowObjectFormat.Part, end: Timestamp, stream: Timestamp, counter: Int) -> String

    /// Writes an object's content, before compression, of records that its part holds.
    ///
    /// - Returns: the fields that an S3 service tells as the object's metadata.
    func append(
        _ records: [FlowRecord], start: Timestamp, end: Timestamp, hasLoss: Bool, to line: inout ByteLine
    ) -> [(name: String, value: String)]
}

/// The formats that there are.
package struct ObjectFormats: Sendable {
    package let all: [any ObjectFormat]

    package init(_ all: [any ObjectFormat]) { self.all = all }

    /// Every format of this release, one line each.
    package static let standard = ObjectFormats([
        IBMFormat(isPlus: false),
        IBMFormat(isPlus: true),
        JSONLinesFormat(),
        AWSFormat(),
    ])

    package var names: [String] { all.map(\.name) }
    /// What the keys of flow-log objects begin with, each once.
    package var keyPrefixes: [String] {
        all.map(\.keyPrefix).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// The format of a collector; nil where this release does not know it.
    package subscript(format: FlowLogFormat) -> (any ObjectFormat)? { all.first { $0.name == format.name } }

    /// What the key of an object says of where it belongs; nil for one that no format writes.
    package func place(key: String) -> FlowObjectPlace? {
        all.first { key.hasPrefix($0.keyPrefix) }?.place(key: key)
    }
}
