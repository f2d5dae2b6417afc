/// What a source said beside its records: that it watched and saw nothing, or that records are missing.
package struct Statement: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable {
        /// The span was watched, and nothing passed.
        case covered
        /// Records of the span are missing.
        case loss
    }

    /// The same for the same statement, however often it comes.
    package let id: String
    package let kind: Kind
    /// Host or format of the source.
    package var host: String
    package var project: String?
    package var interface: String?
    /// Microseconds since 1970.
    package var start: Int64
    package var end: Int64
    package var reason: String
    package var records: UInt64?
    package var packets: UInt64?
    package var bytes: UInt64?

    package init(id: String, kind: Kind, host: String, start: Int64, end: Int64, reason: String) {
        (self.id, self.kind, self.host) = (id, kind, host)
        (self.start, self.end, self.reason) = (start, end, reason)
    }

    /// The same with its identity.
    package func identified(_ id: String) -> Statement {
        var statement = Statement(id: id, kind: kind, host: host, start: start, end: end, reason: reason)
        (statement.project, statement.interface) = (project, interface)
        (statement.records, statement.packets, statement.bytes) = (records, packets, bytes)
        return statement
    }
}
