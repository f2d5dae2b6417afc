import Model

/// A folder of the archive: the records of one project and VPC that began in one hour of UTC.
package struct Partition: Hashable, Sendable {
    /// nil where there is none.
    package let project: String?
    package let vpc: String?
    /// Hours since 1970.
    package let hour: Int64

    package init(project: String?, vpc: String?, hour: Int64) {
        (self.project, self.vpc, self.hour) = (project, vpc, hour)
    }

    /// The folder below the archive's: `project=P/vpc=V/date=YYYY-MM-DD/hour=HH`.
    package var path: String {
        let text = Timestamp(hours: hour).text(fractionDigits: 0)
        let place = "\(Self.folder(ofProject: project))/vpc=\(Self.encoded(vpc))"
        return "\(place)/date=\(text.prefix(10))/hour=\(text.dropFirst(11).prefix(2))"
    }

    /// Where the records of a project lie; nil of those that have none.
    package static func folder(ofProject project: String?) -> String { "project=\(encoded(project))" }

    package static let microsecondsOfHour: Int64 = 3_600_000_000

    /// The hour of an instant in microseconds, rounded down.
    package static func hour(of microseconds: Int64) -> Int64 {
        let (quotient, rest) = microseconds.quotientAndRemainder(dividingBy: microsecondsOfHour)
        return rest < 0 ? quotient - 1 : quotient
    }

    /// An id as a part of a path: all but letters, digits and `.-~_` is percent-encoded, and `_` alone stands for none.
    static func encoded(_ id: String?) -> String {
        guard let id, !id.isEmpty else { return "_" }
        if id == "_" { return "%5F" }
        var text = ""
        for byte in id.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                text.unicodeScalars.append(Unicode.Scalar(byte))
            // A name of dots alone would be another folder.
            case UInt8(ascii: ".") where !id.allSatisfy({ $0 == "." }): text += "."
            default: text += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return text
    }
}
