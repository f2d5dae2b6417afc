import Model
import Records
import Server
import Service
import Terminal

/// A host, as the native interface tells it.
struct HostRow {
    let name: String
    let state: String
    let enrolledAt: Timestamp
    let lastSeenAt: Timestamp?
    let wantedRevision: Int
    let appliedRevision: Int
    /// How far its clock is ahead of the server's, in nanoseconds.
    let clockOffset: Int?
    let failure: String?

    init(_ json: JSON) throws {
        let reader = DocumentReader(json)
        name = try reader.text("name")
        state = try reader.text("state")
        enrolledAt = try reader.instant("enrolled_at")
        lastSeenAt = try reader.optionalInstant("last_seen_at")
        wantedRevision = try reader.number("wanted_revision")
        appliedRevision = try reader.number("applied_revision")
        clockOffset = json["clock_offset_ns"]?.number
        failure = json["failure"]?.text
    }
}

/// How hosts are listed.
struct HostListing: Listing {
    let time: LocalTime

    let columns = [
        TableColumn("HOST"), TableColumn("STATE"), TableColumn("SEEN"), TableColumn("WANTED", isNumber: true),
        TableColumn("IN FORCE", isNumber: true), TableColumn("CLOCK AHEAD"), TableColumn("WHY"),
    ]

    func cells(_ row: HostRow) -> [String] {
        [
            row.name, row.state, row.lastSeenAt.map { time.text($0, fractionDigits: 0) } ?? "",
            "\(row.wantedRevision)", "\(row.appliedRevision)",
            row.clockOffset.map { "\($0 / 1_000_000) ms" } ?? "", row.failure ?? "",
        ]
    }

    let keys = [
        "name", "state", "enrolled_at", "last_seen_at", "wanted_revision", "applied_revision", "clock_offset_ns",
        "failure",
    ]

    func fields(_ row: HostRow) -> [Field] {
        [
            Field("name", .text(row.name)), Field("state", .text(row.state)),
            Field("enrolled_at", .instant(row.enrolledAt)), Field("last_seen_at", .instant(row.lastSeenAt)),
            Field("wanted_revision", .number(row.wantedRevision)),
            Field("applied_revision", .number(row.appliedRevision)),
            Field("clock_offset_ns", .number(row.clockOffset)), Field("failure", .text(row.failure)),
        ]
    }
}
