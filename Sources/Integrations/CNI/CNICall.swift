import Model

/// What a runtime asks of the plugin, by the variables of its environment.
struct CNICall {
    enum Command: String {
        case add = "ADD"
        case delete = "DEL"
        case check = "CHECK"
        case collect = "GC"
        case status = "STATUS"
        case version = "VERSION"
    }

    let command: Command
    let container: String
    let network: String
    let interface: String
    let arguments: [String: String]

    init(_ environment: [String: String]) throws(CNIError) {
        let word = environment["CNI_COMMAND"] ?? ""
        guard let command = Command(rawValue: word) else {
            throw CNIError(
                .badEnvironment, "CNI_COMMAND is \"\(word)\"; this is a CNI plugin, which a container runtime calls",
                "it takes ADD, DEL, CHECK, GC, STATUS and VERSION")
        }
        self.command = command
        container = environment["CNI_CONTAINERID"] ?? ""
        network = environment["CNI_NETNS"] ?? ""
        interface = environment["CNI_IFNAME"] ?? ""
        arguments = Self.read(environment["CNI_ARGS"] ?? "")
        switch command {
        case .add, .check:
            try Self.need([("CNI_CONTAINERID", container), ("CNI_NETNS", network), ("CNI_IFNAME", interface)])
        // A container that is gone has no namespace.
        case .delete: try Self.need([("CNI_CONTAINERID", container), ("CNI_IFNAME", interface)])
        case .collect, .status, .version: return
        }
        // They become names of files.
        guard Self.isName(container, 256), Self.isName(interface, 15) else {
            throw CNIError(
                .badEnvironment,
                "CNI_CONTAINERID \"\(container.prefix(80))\" or CNI_IFNAME \"\(interface.prefix(80))\" is no name")
        }
    }

    private static func need(_ values: [(name: String, value: String)]) throws(CNIError) {
        if let missing = values.first(where: { $0.value.isEmpty }) {
            throw CNIError(.badEnvironment, "\(missing.name) is missing")
        }
    }

    private static func isName(_ text: String, _ longest: Int) -> Bool {
        (1...longest).contains(text.utf8.count) && text.first != "."
            && text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_.-@".contains($0)) }
    }

    /// `A=1;B=2`
    private static func read(_ text: String) -> [String: String] {
        var found: [String: String] = [:]
        for pair in text.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { found[String(parts[0])] = String(parts[1]) }
        }
        return found
    }

    /// Who the container is to the policy: the pod, else the container itself.
    func guest(_ configuration: CNIConfiguration) -> Attacher.Guest {
        let pod = arguments["K8S_POD_NAME"].flatMap { name in
            arguments["K8S_POD_NAMESPACE"].map { "\($0).\(name)" }
        }
        return Attacher.Guest(
            instance: pod ?? container, vpc: configuration.vpc,
            groups: arguments["GATEHOUSE_GROUPS"].map(GroupList.read) ?? configuration.groups)
    }
}
