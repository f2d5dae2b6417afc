import ArgumentParser
import Foundation
import Host
import Integrations
import Link
import Terminal

/// What hooks of other programs call, as `gatehouse integrate` writes them.
struct Hook: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Called by hooks of libvirt and LXC before a guest runs; exit code 1 where it must not run.",
        subcommands: [LibvirtCommand.self, LXCCommand.self])

    struct LibvirtCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "libvirt",
            abstract: "What libvirt's hook `qemu` does, with the machine's XML on standard input.",
            discussion: """
                Example: gatehouse hook libvirt web-1 start begin - < web-1.xml
                """)

        @OptionGroup var data: DataOptions

        @Argument(help: "The machine's name, the operation, its phase, and what else libvirt says.")
        var words: [String]

        func run() throws {
            // Others come all the time, and have no XML.
            guard words.count >= 3 else { return }
            let hook = LibvirtHook(data.folder, tell: Console.tell)
            let xml = try FileHandle.standardInput.read(upToCount: LibvirtDomain.limit + 1) ?? Data()
            try hook.run(words[1], words[2], xml: Array(xml))
        }
    }

    struct LXCCommand: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "lxc",
            abstract: "What lxc.hook.start-host does, with LXC's variables.",
            discussion: """
                Groups stand in the container's file: lxc.environment = GATEHOUSE_GROUPS=web,allow_ssh

                Example: gatehouse hook lxc --data /var/lib/gatehouse
                """)

        @OptionGroup var data: DataOptions

        /// Versions of LXC that name container and hook in words beside their variables.
        @Argument(help: ArgumentHelp("What LXC says beside its variables.", visibility: .hidden))
        var words: [String] = []

        func run() throws {
            try LXCHook(data.folder, tell: Console.tell).run(ChildProcess.inheritedEnvironment())
        }
    }
}
