package import Model

/// How a sink does.
package struct SinkReport: Hashable, Sendable, Codable {
    package enum State: String, Hashable, Sendable, Codable {
        /// The receiver has all that there is, or is being sent it.
        case shipping
        /// The receiver fails for the moment; it is tried again by itself.
        case waiting
        /// The settings, rights or the account are at fault: tried again once a minute, at once after `sink resume`.
        case held
        case paused
    }

    package var name: String
    package var kind: SinkKind
    package var url: String
    package var sources: [SinkSource]
    package var filter: String?
    package var format: SinkFormat?
    package var state = State.shipping
    /// What keeps records from the receiver.
    package var problem: String?
    /// When the receiver took something last.
    package var takenAt: Timestamp?
    /// Records that the receiver has, since the sink is there.
    package var taken: UInt64 = 0
    /// Records that it refused for good.
    package var refused: UInt64 = 0
    /// Refused records that lie in the sink's file and can be sent again.
    package var deadLetters = 0
    /// Records that went to make room before the receiver had them, as far as their number is known.
    package var lost: UInt64 = 0
    /// The last losses in words.
    package var losses: [String] = []

    package init(_ sink: Sink) {
        name = sink.name
        kind = sink.kind
        url = sink.address.description
        sources = sink.sources
        filter = sink.filter
        format = sink.format
    }
}

/// What is asked of a sink.
package enum SinkRequest: String, Hashable, Sendable, Codable {
    /// Send a record of its own and say what became of it.
    case test
    /// Send nothing until `resume`; nothing is dropped for it but what rotates away meanwhile.
    case pause
    case resume
    /// Send again what the receiver refused for good.
    case replay
}
