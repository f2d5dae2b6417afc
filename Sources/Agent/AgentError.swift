/// Why an agent does not start.
package enum AgentError: Error, Equatable, CustomStringConvertible {
    case alreadyRunning(String, pid: Int32?)
    case notRoot
    /// A policy file is applied to a host that a control plane governs.
    case governed
    case revisionGoesBack(from: Int, to: Int)

    package var description: String {
        switch self {
        case .alreadyRunning(let folder, let pid):
            "data folder \(folder): another agent\(pid.map { " (process \($0))" } ?? "") works in it; stop that one, or name "
                + "another folder with --data"
        case .governed:
            "this host takes its policy from a control plane: make the change there, or begin anew in another data folder"
        case .revisionGoesBack(let from, let to):
            "the kernel has revision \(from), and \(to) is older: its numbers come from elsewhere; enrol this host with a "
                + "fresh state folder"
        case .notRoot: "the agent changes the kernel's rules: run it as root"
        }
    }
}
