/// Why an agent does not start.
package enum AgentError: Error, Equatable, CustomStringConvertible {
    case alreadyRunning(String)
    case notRoot

    package var description: String {
        switch self {
        case .alreadyRunning(let folder):
            "data folder \(folder): another agent works in it; stop that one or name another folder with --data"
        case .notRoot: "the agent changes the kernel's rules: run it as root"
        }
    }
}
