import ArgumentParser
import Host
import Model
import Server
import Terminal
import VPCAPI

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the control plane: registry, identity, Neutron's API, and the hosts' streams.",
        discussion: """
            The first start makes a registry in the data folder and, unless --insecure-http is given, an authority whose
            certificate clients must trust (authority.pem). SIGTERM and Ctrl-C answer what is under way and stop; SIGHUP takes
            up what has changed in the policy file, the bootstrap file and the certificate (server.pem, server.key), and says
            of each whether it was taken or why not; what was running goes on.

            Example: gatehouse serve --data /var/lib/gatehouse-server --bootstrap first.yaml
            """)

    @Option(help: "The server's data folder.")
    var data = ChildProcess.inheritedEnvironment()["GATEHOUSE_SERVER_DATA"] ?? "/var/lib/gatehouse-server"

    @Option(help: "Address and port to listen at; port 0 takes a free one.")
    var listen = "127.0.0.1:8440"

    @Option(help: "A YAML file of projects, users, roles and tokens to begin with.")
    var bootstrap: String?

    @Flag(help: "Speak plain HTTP: only for a proxy on this machine, or for tests.")
    var insecureHttp = false

    @Option(help: "https://NAME:PORT as clients reach the server, where that differs from what they type.")
    var publicUrl: String?

    @Option(help: "A further name or address that the server is reached at, for its certificate; may be given again.")
    var name: [String] = []

    @Flag(help: "Believe X-Forwarded-Proto and X-Forwarded-Host: only behind a proxy that sets them.")
    var trustForwarded = false

    @Option(help: "A policy file in oslo.policy's form, JSON or YAML: which roles may do what.")
    var policyFile: String?

    @Flag(help: "Let callers on this machine in without credentials, as administrators.")
    var allowAnonymous = false

    @Option(help: "How long a token is good for, in seconds.")
    var tokenSeconds = 3600

    @Option(help: "The region that the VPC API shows.")
    var region = "local"

    @Option(help: "A zone of the region, whose name begins with the region's; may be given again (default: REGION-1).")
    var zone: [String] = []

    @Option(
        help:
            "A ceiling of the VPC API, as rules-per-group=500; may be given again. Others: \(VPCQuotas.known).")
    var vpcQuota: [String] = []

    @Option(help: "How much of one host's records and events is kept, in GB.")
    var hostQuota = Limit.bytesOfHost.bound >> 30

    @Option(help: "The folder of the hosts' flow records as Parquet (default: archive in the data folder).")
    var archive: String?

    @Option(
        help:
            "How long flow records are kept there, as 30d; of one project as ID=90d; may be given again (default: for ever)."
    )
    var keepFlows: [String] = []

    @Flag(help: "Check the settings, and the files that SIGHUP takes up, say what is wrong with each, and stop.")
    var checkConfig = false

    func validate() throws {
        guard Self.address(listen) != nil else {
            throw ValidationError(
                "--listen \(listen): an address and a port are wanted, as 127.0.0.1:8440 or [::1]:8440")
        }
        guard (60...2_592_000).contains(tokenSeconds) else {
            throw ValidationError("--token-seconds \(tokenSeconds): give 60 to 2592000")
        }
        guard (1...1_000_000).contains(hostQuota) else {
            throw ValidationError("--host-quota \(hostQuota): give 1 to 1000000, in GB")
        }
        for name in [region] + zone where !Self.isPlaceName(name) {
            throw ValidationError("--region, --zone \(name): 1 to 63 of a-z, 0-9 and - are wanted")
        }
        if let stray = zone.first(where: { !$0.hasPrefix(region) }) {
            throw ValidationError("--zone \(stray): the name must begin with the region's, \(region)")
        }
        _ = try quotas()
        _ = try RetentionText.retention(keepFlows, "--keep-flows")
    }

    func run() async throws {
        MemoryHints.keepFewArenas()
        DescriptorLimit.raise()
        let files = OperatorFiles(
            policyFile: policyFile, bootstrapFile: bootstrap, folder: ServerFolder(data), isInsecure: insecureHttp)
        if checkConfig {
            guard await files.check() else { throw ExitCode.failure }
            Console.tell("nothing wrong")
            return
        }
        let hangUps = await HangUps()
        let access = try files.access()
        let first = try files.bootstrap()
        guard let address = Self.address(listen) else { return }
        var settings = ServerSettings()
        settings.host = address.host
        settings.port = address.port
        settings.names = name
        settings.isInsecure = insecureHttp
        settings.publicURL = publicUrl
        settings.trustsForwarding = trustForwarded
        settings.admitsAnonymous = allowAnonymous
        settings.tokenLifetime = .seconds(tokenSeconds)
        settings.region = region
        settings.zones = zone.isEmpty ? ["\(region)-1"] : zone
        settings.vpcQuotas = try quotas()
        settings.archive = archive
        settings.retention = try RetentionText.retention(keepFlows, "--keep-flows")
        settings.hostQuota = hostQuota << 30
        let plane = try ControlPlane(folder: files.folder, settings: settings, access: access)
        try await first?.apply(to: plane.registry, secrets: plane.cloudKeys)
        let fingerprint = try plane.fingerprint
        if let fault = plane.certificateFault { Console.tell("certificate \(fault)") }
        for conflict in try await plane.claimConflicts() { Console.tell(conflict) }
        try await plane.run(hangUps: hangUps) {
            await files.take(into: plane, access)
        } onListening: { port in
            let scheme = insecureHttp ? "http" : "https"
            Console.tell("gatehouse serves \(scheme)://\(address.host):\(port)/ from \(data); stop with Ctrl-C")
            if let fingerprint {
                Console.tell("clients trust \(files.folder.authorityCertificate), SHA-256 \(fingerprint)")
            }
        }
    }

    private static func isPlaceName(_ name: String) -> Bool {
        (1...63).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "-") }
    }

    private func quotas() throws -> VPCQuotas {
        var quotas = VPCQuotas()
        for text in vpcQuota {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2, let number = Int(parts[1]), number > 0, quotas.set(parts[0], to: number) else {
                throw ValidationError("--vpc-quota \(text): NAME=NUMBER is wanted, with one of \(VPCQuotas.known)")
            }
        }
        return quotas
    }

    private static func address(_ text: String) -> (host: String, port: Int)? {
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]),
            (0...65_535).contains(port)
        else { return nil }
        var host = String(text[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        return host.isEmpty ? nil : (host, port)
    }
}
