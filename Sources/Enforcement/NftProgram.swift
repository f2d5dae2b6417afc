import Host
package import Netlink

/// The `nft` program: whole transactions in, listings out.
package struct NftProgram: Sendable {
    /// Name of the network namespace to work in; nil is this process's own.
    private let namespace: String?

    package init(namespace: String? = nil) { self.namespace = namespace }

    /// Makes the script in one transaction, which nft and the kernel check whole before any of it takes effect.
    ///
    /// - Throws: `EnforcementError.refused` with nft's words; the kernel is as it was.
    package func apply(_ script: String) throws(EnforcementError) { try run(["--file", "-"], script) }

    /// The table's chains and sets without counters and without elements; nil when there is no such table.
    package func list(_ table: TableName) throws(EnforcementError) -> String? {
        let output = try launch(["--stateless", "--terse", "list", "table", table.family.word, table.name], "")
        if output.exit == .code(0) { return output.output }
        if output.errors.contains("No such file or directory") { return nil }
        throw .refused(Self.words(output))
    }

    /// Whether there is such a table.
    package func has(_ table: TableName) throws(EnforcementError) -> Bool {
        try tables().contains { $0 == (table.family.word, table.name) }
    }

    /// Family and name of every table.
    func tables() throws(EnforcementError) -> [(family: String, name: String)] {
        let output = try launch(["list", "tables"], "")
        guard output.exit == .code(0) else { throw .refused(Self.words(output)) }
        return output.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            return words.count == 3 && words[0] == "table" ? (String(words[1]), String(words[2])) : nil
        }
    }

    /// Another's table without counters and elements, with priorities in numbers; nil when it is gone.
    func listForeign(_ family: String, _ name: String) throws(EnforcementError) -> String? {
        let output = try launch(
            ["--stateless", "--terse", "--numeric-priority", "list", "table", family, name], "")
        if output.exit == .code(0) { return output.output }
        if output.errors.contains("No such file or directory") { return nil }
        throw .refused(Self.words(output))
    }

    private func run(_ arguments: [String], _ input: String) throws(EnforcementError) {
        let output = try launch(arguments, input)
        guard output.exit == .code(0) else { throw .refused(Self.words(output)) }
    }

    private func launch(_ arguments: [String], _ input: String) throws(EnforcementError) -> ChildProcess.Output {
        do {
            return try ChildProcess.run("nft", arguments, input: Array(input.utf8), namespace: namespace)
        } catch {
            throw .programFailed(error.description)
        }
    }

    private static func words(_ output: ChildProcess.Output) -> String {
        output.errors.split(separator: "\n").prefix(3).joined(separator: " / ")
    }
}
