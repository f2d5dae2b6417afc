import Archive
import Foundation
import Host
import Terminal

/// The right to write to an archive.
enum ArchiveClaim {
    /// Waits until nobody else writes to the archive, and says for whom.
    static func wait(_ folder: ArchiveFolder) throws -> FolderClaim {
        var isTold = false
        while true {
            do {
                return try folder.claim()
            } catch let taken as FolderClaim.Taken {
                if !isTold {
                    let holder = taken.pid.map(String.init) ?? "?"
                    Console.tell("waiting for process \(holder), which writes to \(folder.path)")
                }
                isTold = true
                Thread.sleep(forTimeInterval: 0.1)
            }
        }
    }
}
