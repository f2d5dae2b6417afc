import ArgumentParser
import Records
import Terminal

struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract:
            "What of this host stands in the way: kernel, tables, rights, disk, clock, the agent, each with its mend.",
        discussion: """
            It changes nothing. Exit code 3 with a fault.

            Example: gatehouse doctor
            """)

    @OptionGroup var output: OutputOptions
    @OptionGroup var data: DataOptions

    func run() throws {
        let patient = Patient(folder: data.folder)
        let diagnoses = KernelDoctor.diagnoses(patient) + AgentDoctor.diagnoses(patient)
        var writer = ListingWriter(DiagnosisListing(), output.format)
        for diagnosis in diagnoses { writer.add(diagnosis) }
        writer.finish()
        if diagnoses.contains(where: { $0.state == .fault }) { throw ExitCode.no }
    }
}

/// How doctor's words are listed.
struct DiagnosisListing: Listing {
    let columns = [TableColumn("STATE"), TableColumn("OF"), TableColumn("WHAT"), TableColumn("MEND")]

    func cells(_ row: Diagnosis) -> [String] { [row.state.rawValue, row.subject, row.detail, row.mend ?? "-"] }

    let keys = ["state", "subject", "detail", "mend"]

    func fields(_ row: Diagnosis) -> [Field] {
        [
            Field("state", .text(row.state.rawValue)), Field("subject", .text(row.subject)),
            Field("detail", .text(row.detail)), Field("mend", .text(row.mend)),
        ]
    }
}
