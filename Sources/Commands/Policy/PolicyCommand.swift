import ArgumentParser

/// The enterprise policy: its rules, what they met, and what becomes of observation.
struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy",
        abstract: "The policy as a file; the enterprise policy: its rules, their hits, the evidence of what observes.",
        subcommands: [EnterpriseList.self, Hits.self, Evidence.self, Coverage.self, Promote.self, Export.self])
}
