import ArgumentParser
import Host
import Link

/// Where a command finds the host's data.
struct DataOptions: ParsableArguments {
    @Option(name: .long, help: "The data folder of the host's agent (default: $GATEHOUSE_DATA or /var/lib/gatehouse).")
    var data = ChildProcess.inheritedEnvironment()["GATEHOUSE_DATA"] ?? "/var/lib/gatehouse"

    var folder: DataFolder { DataFolder(data) }

    /// The folder, once it is known to be there.
    func existingFolder() throws -> DataFolder {
        guard DurableFile.exists(data) else {
            throw NotFound(
                "data folder \(data): there is none; name one with --data, or start an agent with "
                    + "`gatehouse up --data \(data)`"
            )
        }
        return folder
    }
}
