package import Host
package import Records

/// Where lines of events go. A further kind is one file, and one line in `EventSinks.standard`.
package protocol EventSink: AnyObject {
    /// Whether it takes lines of a host that no control plane governs.
    var takesUngoverned: Bool { get }
    /// Lines that it could not take and that are not asked for again.
    var missed: UInt64 { get }
    /// What is wrong with it while it goes on taking lines.
    var problem: String? { get }

    /// Takes whole lines, all or none.
    ///
    /// - Throws: where the lines must be offered again; until then the recorder keeps what they are made of.
    func take(_ lines: [UInt8]) throws(SystemError)
}

/// What a sink is made for.
package struct EventSinkPlace: Sendable {
    package let format: any EventFormat.Type
    /// The agent's data folder.
    package let folder: String
    /// The file that an operator set for the format; nil for the usual one.
    package let ownPath: String?

    package init(format: any EventFormat.Type, folder: String, ownPath: String? = nil) {
        self.format = format
        self.folder = folder
        self.ownPath = ownPath
    }

    /// The file of the format's lines.
    package var path: String { ownPath ?? "\(folder)/\(format.fileName)" }
}

/// A kind of sink, and how it is made.
package protocol EventSinkKind: Sendable {
    /// Makes a sink for a format; nil where the kind has none for it.
    func sink(_ place: EventSinkPlace) throws(SystemError) -> (any EventSink)?
}

/// The kinds of sinks of the event log.
package enum EventSinks {
    /// Every kind of this release, one line each: the file first, for what it does not take no other is offered.
    package static let standard: [any EventSinkKind] = [FileSinks(), SystemLogSinks()]
}
