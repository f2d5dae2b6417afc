import ArgumentParser

/// Where an operator's command asks: a control plane, or the data folder of one on this machine.
///
/// What is typed wins over the environment, and of the environment `GATEHOUSE_SERVER` over `GATEHOUSE_SERVER_DATA`.
struct OperatingOptions: ParsableArguments {
    @OptionGroup var remote: RemoteOptions

    @Option(
        help:
            "The data folder of a server on this machine, asked without --server (default: $GATEHOUSE_SERVER_DATA or /var/lib/gatehouse-server)."
    )
    var data: String?

    /// The control plane to ask; nil where the data folder is meant.
    private var server: Setting? { data == nil ? remote.setting : nil }

    func validate() throws {
        if data != nil, remote.server != nil { throw ValidationError("--server and --data: give one of them") }
        if let server { try remote.access.check(server) }
    }

    func source() throws -> any OperatingSource {
        if let server { return RemoteSource(client: try remote.access.client(server)) }
        return try FolderSource(ServerOptions.folder(data))
    }
}
