import Enforcement
import Host
package import Link

/// Takes back what the agents of a data folder have done to the kernel.
package enum AgentTakeDown {
    /// - Returns: What was done, a line each.
    /// - Throws: Where an agent works there; where something could not be done: what was is told before.
    package static func run(_ folder: DataFolder, tell: (String) -> Void) throws {
        guard DurableFile.exists(folder.path) else { throw TakeDownFault.noFolder(folder.path) }
        let claims = try [folder.supervisorLock, folder.lock].map { path in
            do {
                return try FolderClaim.take(path)
            } catch let error as FolderClaim.Taken {
                throw TakeDownFault.isRunning(folder.path, pid: error.pid)
            }
        }
        try withExtendedLifetime(claims) {
            var takeDown = TakeDown(try FormerState.read(folder.formerState))
            takeDown.run()
            takeDown.done.forEach(tell)
            guard takeDown.faults.isEmpty else { throw TakeDownFault.left(takeDown.faults) }
            if takeDown.done.isEmpty { tell("nothing of Gatehouse is in the kernel") }
            try DurableFile.remove(folder.formerState)
        }
    }
}

/// Why the kernel is not as it was.
package enum TakeDownFault: Error, Equatable, CustomStringConvertible {
    case noFolder(String)
    case isRunning(String, pid: Int32?)
    case left([String])

    package var description: String {
        switch self {
        case .noFolder(let folder): "data folder \(folder): there is none; name the agent's with --data"
        case .isRunning(let folder, let pid):
            "data folder \(folder): \(pid.map { "process \($0)" } ?? "another process") runs an agent in it; stop that one first"
        case .left(let faults): "not taken back: \(faults.joined(separator: "; ")); mend that and run it again"
        }
    }
}
