import ArgumentParser
import Model
import Server
import Service
import Terminal

extension Audit {
    struct Verify: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check that no entry was altered, removed or put in: exit code 3 when one was.",
            discussion: """
                Every fault is told. What an administrator has sealed is told as such, and is no fault as long as it is as it was
                sealed.

                Example: gatehouse audit verify --data /var/lib/gatehouse-server
                """)

        @OptionGroup var asked: OperatingOptions

        func run() async throws {
            let report = try ChainReport(try await asked.source().soundness())
            for line in report.lines { print(line) }
            guard report.isSound else { throw ExitCode.no }
        }
    }

    struct Seal: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Seal what is broken in the trail's chain, so that later changes show again.",
            discussion: """
                An entry is added for each breach: from which entry to which, who sealed it, when and why, and a digest of what
                is left there. Look at `gatehouse audit verify` first: what is sealed counts as known from then on.

                Example: gatehouse audit seal --reason damaged-disk
                """)

        @Option(help: "Why it is sealed: 1 to \(Limit.reasonOfEntry.bound) bytes.")
        var reason: String
        @OptionGroup var asked: OperatingOptions

        func validate() throws {
            guard !reason.isEmpty, Limit.reasonOfEntry.admits(reason) else {
                throw ValidationError("--reason: give 1 to \(Limit.reasonOfEntry.bound) bytes")
            }
        }

        func run() async throws {
            let report = try ChainReport(try await asked.source().seal(reason))
            for line in report.lines { print(line) }
            guard report.isSound else { throw ExitCode.no }
        }
    }
}

/// Whether the trail's chain is whole, as the native interface tells it, in lines for a person.
struct ChainReport {
    let lines: [String]
    let isSound: Bool

    init(_ soundness: JSON) throws {
        let reader = DocumentReader(soundness)
        isSound = soundness["sound"] == .bool(true)
        let faults = soundness["faults"]?.items ?? []
        var lines: [String] = []
        for fault in faults {
            let reason = try DocumentReader(fault).text("reason")
            lines.append(fault["sealed_by"]?.number.map { "\(reason) (sealed by entry \($0))" } ?? reason)
        }
        let untold = (soundness["fault_count"]?.number ?? faults.count) - faults.count
        if untold > 0 { lines.append("and \(Wording.count(untold, "further fault", plural: "further faults"))") }
        for seal in soundness["seals"]?.items ?? [] {
            let told = DocumentReader(seal)
            lines.append(
                "entry \(try told.number("entry")) seals \(try told.number("from")) to \(try told.number("to")): "
                    + "\(try told.text("by")), \(try told.text("at")): \(try told.text("reason"))")
        }
        if isSound {
            let count = Wording.count(try reader.number("entries"), "entry", plural: "entries")
            let words = faults.isEmpty ? "each following from the one before" : "nothing wrong but what is sealed"
            lines.append("\(count), \(words); the last hash is \(try reader.text("last_hash"))")
        }
        self.lines = lines
    }
}
