import Archive
import ArgumentParser
import Records

/// How long records are kept, as options say it.
enum RetentionText {
    /// Reads `30d` and `PROJECT=90d`.
    static func retention(_ texts: [String], _ option: String) throws -> Retention {
        var retention = Retention()
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            do throws(TimeText.ParseError) {
                let hours = try TimeText.duration(parts[parts.count - 1]).components.seconds / 3600
                guard hours > 0 else { throw TimeText.ParseError.notADuration(String(parts[parts.count - 1])) }
                if parts.count == 2 { retention.ofProjects[String(parts[0])] = hours } else { retention.hours = hours }
            } catch {
                throw ValidationError("\(option) \(text): \(error), of an hour at least")
            }
        }
        return retention
    }
}
