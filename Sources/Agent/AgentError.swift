/// Why an agent does not start.
package enum AgentError: Error, Equatable, CustomStringConvertible {
    case alreadyRunning(String, pid: Int32?)
    case notRoot
    /// A policy file is applied to a host that a control plane governs.
    case governed
    case revisionGoesBack(from: Int, to: Int)
    /// Interfaces that rules cannot judge where they hang.
    case notEnforceable([String])
    /// Two interfaces claim one device, or one address, of this host.
    case claimedTwice([String])
    case notHeld(String, held: [String])

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
        case .notEnforceable(let lines):
            "the policy is not put in force, because it could not be enforced for "
                + (lines.count == 1 ? "an interface: " : "\(lines.count) interfaces:\n  ")
                + lines.joined(separator: "\n  ")
        case .claimedTwice(let conflicts):
            "the policy is not put in force, because a device or address of this host is one interface's: "
                + conflicts.prefix(10).joined(separator: "; ") + (conflicts.count > 10 ? "; …" : "")
        case .notHeld(let device, let held):
            "device \"\(device)\" is not held; "
                + (held.isEmpty ? "no device is" : "those that are: \(held.joined(separator: ", "))")
        case .notRoot: "the agent changes the kernel's rules: run it as root"
        }
    }
}
