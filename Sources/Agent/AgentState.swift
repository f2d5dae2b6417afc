import Enforcement
import Host
import Link
import Model

/// What an agent must find again after a restart, beside records and revisions.
struct AgentState: Codable {
    var indexes = RuleIndexes()
    var epoch = 0
    /// Since when each revision is in the kernel, by nanoseconds since 1970.
    var history: [Int64: Int] = [:]
    /// The last revision that the kernel had.
    var revision = 0
    /// Devices that the last revision named; nil where an agent of before wrote the state.
    var devices: Set<String>?
    /// What was said of it, for a control plane that asks again.
    var receipt: Receipt?

    static func load(_ folder: DataFolder) throws -> AgentState {
        guard let bytes = try DurableFile.read(folder.state) else { return AgentState() }
        return try ControlCodec.decode(bytes)
    }

    func save(_ folder: DataFolder) throws {
        try DurableFile.replace(folder.state, with: try ControlCodec.encode(self))
    }
}
