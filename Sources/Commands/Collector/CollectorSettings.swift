import ArgumentParser
import Model
import Records

/// How a collector's objects are written, as commands say it; what is left out is the control plane's or stays as it was.
struct CollectorSettings: ParsableArguments {
    @Option(help: "\(Self.formats).")
    var format: String?
    @Option(
        help:
            "The fields of format aws, with commas or blanks between: \"version,srcaddr\" or \"${version} ${srcaddr}\"."
    )
    var fields: String?
    @Option(help: "Between two objects of an interface: 60 to 3600 seconds, as 300 or 5m.")
    var interval: String?

    /// `ibm (TCP and UDP over IPv4, …), ibm+ (…), …`.
    private static var formats: String {
        ObjectFormats.standard.all.map { "\($0.name) (\($0.summary))" }.joined(separator: ", ")
    }

    /// The members of the key `gatehouse`.
    func body() throws -> [String: Any] {
        var body: [String: Any] = [:]
        body["format"] = format
        body["fields"] = fields
        if let interval { body["interval"] = try Self.seconds(interval) }
        return body
    }

    private static func seconds(_ text: String) throws -> Int {
        if let seconds = Int(text) { return seconds }
        do {
            return Int(try TimeText.duration(text).components.seconds)
        } catch {
            throw ValidationError("--interval \(error)")
        }
    }
}

/// What a collector is told to do from now on.
enum CollectorState: String, EnumerableFlag {
    case suspend
    case resume
}
