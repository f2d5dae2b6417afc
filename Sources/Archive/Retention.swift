import Records

/// How long records stay in an archive.
package struct Retention: Hashable, Sendable {
    /// Hours of all projects that have no number of their own; nil is for ever.
    package var hours: Int64?
    /// Hours by project's id.
    package var ofProjects: [String: Int64] = [:]

    package init() {}

    /// Whether anything is ever taken away.
    package var isUsed: Bool { hours != nil || !ofProjects.isEmpty }

    /// Whether a folder of this project and hour, in hours since 1970, is over at an hour.
    func isOver(_ project: String?, _ hour: Int64, at now: Int64) -> Bool {
        guard let hours = project.flatMap({ ofProjects[$0] }) ?? hours else { return false }
        return hour < now - hours
    }
}

extension Partition {
    /// Reads a folder's path; nil where it is none of an hour.
    package init?(path: String) {
        let parts = path.split(separator: "/").map { $0.split(separator: "=", maxSplits: 1).map(String.init) }
        guard parts.count == 4, parts.map(\.first) == ["project", "vpc", "date", "hour"],
            parts.allSatisfy({ $0.count == 2 }), let hour = Int64(parts[3][1]),
            let day = TimeText.instant("\(parts[2][1])T00:00:00Z")
        else { return nil }
        func id(_ text: String) -> String? { text == "_" ? nil : SegmentNote.decoded(text[...]) }
        self.init(project: id(parts[0][1]), vpc: id(parts[1][1]), hour: Partition.hour(of: day.microseconds) + hour)
    }
}
