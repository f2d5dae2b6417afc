import ArgumentParser
import Foundation
import Host
import Integrations
import Link
import Terminal

extension Integration: ExpressibleByArgument {}

struct Integrate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Hang Gatehouse into libvirt, Docker, Podman, LXC or CNI; --remove takes it out again.",
        discussion: """
            Writes what the other program needs to call this binary with this data folder, and says what to start. A second run
            changes nothing; --remove puts back exactly what was there. Files that somebody changed since are left alone, and said.

            Example: gatehouse integrate docker --data /var/lib/gatehouse
            """)

    @Argument(help: "libvirt, docker, podman, lxc or cni.")
    var program: Integration

    @Flag(help: "Put back what was there.")
    var remove = false

    @Option(help: "A folder that stands for / (for images and trials).")
    var root = ""

    @OptionGroup var data: DataOptions

    func run() throws {
        let folder = DataFolder(Self.absolute(data.data))
        let place = Integration.Place(
            program: Up.ownPath, folder: folder, root: root.isEmpty ? "" : Self.absolute(root))
        let installation = Installation(program.rawValue, folder, root: place.root)
        if remove {
            let paths = try installation.remove()
            for path in paths { print("\(place.root)\(path): as it was") }
            if paths.isEmpty { print("\(program.rawValue): nothing was installed") }
            return
        }
        let paths = try installation.install(try program.files(place, installation))
        for path in paths { print("\(place.root)\(path): written") }
        if paths.isEmpty { print("\(program.rawValue): everything is there already") }
        for line in program.next(place, isSystemd: DurableFile.exists("/run/systemd/system")) { print(line) }
    }

    /// From `/` on, without the links and dots that a path may hold: who calls it has another place.
    private static func absolute(_ path: String) -> String {
        let url = URL(fileURLWithPath: path).standardizedFileURL
        return url.path.count > 1 && url.path.hasSuffix("/") ? String(url.path.dropLast()) : url.path
    }
}
