import Host
import Link

/// The files of credentials that the control plane has told, beside those that the host's operator has put there.
struct BucketCredentials {
    let folder: String
    /// Told since the stream began.
    private var names: Set<String> = []

    init(folder: String) { self.folder = folder }

    /// Writes a file each, of mode 0600.
    mutating func keep(_ credentials: [HostCredentials]) throws {
        for item in credentials where !item.name.hasPrefix(HostCredentials.namePrefix) || item.name.contains("/") {
            throw UplinkError.badCredentialsName(item.name)
        }
        if !credentials.isEmpty { try DurableFile.makeFolder(folder, mode: 0o700) }
        for item in credentials {
            try DurableFile.replace("\(folder)/\(item.name)", with: Array(item.content.utf8), mode: 0o600)
        }
        names = Set(credentials.map(\.name))
    }

    /// Removes what the policy in force has no use for.
    func forgetOthers() throws {
        guard DurableFile.exists(folder) else { return }
        for name in try DurableFile.list(folder)
        where name.hasPrefix(HostCredentials.namePrefix) && !names.contains(name) {
            try DurableFile.remove("\(folder)/\(name)")
        }
    }
}
