import Foundation
import Host
package import Link

/// Another program that Gatehouse is hung into, and what that takes on a host.
package enum Integration: String, CaseIterable, Sendable {
    case libvirt, docker, podman, lxc, cni

    /// Where this program's binaries are, and the agent's folder: both from `/` on, as whoever calls them has another place.
    package struct Place: Sendable {
        /// The `gatehouse` binary.
        package let program: String
        package let folder: DataFolder
        /// The folder that stands for `/`; empty for the host itself.
        package let root: String

        package init(program: String, folder: DataFolder, root: String) {
            self.program = program
            self.folder = folder
            self.root = root
        }

        /// `gatehouse-cni`, beside it.
        package var plugin: String {
            (program.split(separator: "/", omittingEmptySubsequences: false).dropLast() + ["gatehouse-cni"]).joined(
                separator: "/")
        }
    }

    package var socket: String {
        switch self {
        case .podman: "unix:///run/podman/podman.sock"
        case .docker, .libvirt, .lxc, .cni: "unix:///var/run/docker.sock"
        }
    }

    /// The files that it takes.
    package func files(_ place: Place, _ installation: Installation) throws -> [Installation.File] {
        let data = Self.quoted(place.folder.path)
        let program = Self.quoted(place.program)
        switch self {
        case .libvirt:
            // Beside other people's hooks; libvirt runs each of the folder (6.5 and later).
            return [
                .init(
                    "/etc/libvirt/hooks/qemu.d/gatehouse",
                    """
                    #!/bin/sh
                    # Written by `gatehouse integrate libvirt`; `gatehouse integrate libvirt --remove` takes it away.
                    # A machine whose rules are not in force does not start.
                    exec \(program) hook libvirt --data \(data) -- "$@"

                    """, mode: 0o755)
            ]
        case .docker, .podman:
            let word = rawValue
            return [
                .init(
                    "/etc/systemd/system/gatehouse-\(word).service",
                    """
                    # Written by `gatehouse integrate \(word)`; `gatehouse integrate \(word) --remove` takes it away.
                    [Unit]
                    Description=Gatehouse's watcher of \(word)
                    After=gatehouse-agent.service \(word).service

                    [Service]
                    ExecStart=\(Self.word(place.program)) watch \(word) --socket \(socket) --data \(Self.word(place.folder.path))
                    Restart=always
                    RestartSec=1

                    [Install]
                    WantedBy=multi-user.target

                    """)
            ]
        case .lxc:
            // LXC takes quotes away that stand around a whole value, so something else stands first.
            return [
                .init(
                    "/usr/share/lxc/config/common.conf.d/50-gatehouse.conf",
                    """
                    # Written by `gatehouse integrate lxc`; `gatehouse integrate lxc --remove` takes it away.
                    # A container whose rules are not in force does not start.
                    lxc.hook.version = 1
                    lxc.hook.start-host = env \(program) hook lxc --data \(data)

                    """)
            ]
        case .cni: return try CNIFiles(place, installation).files()
        }
    }

    /// What is left to do by hand.
    package func next(_ place: Place, isSystemd: Bool) -> [String] {
        switch self {
        case .libvirt:
            return [
                "libvirt looks for hooks when it starts: restart it (\(isSystemd ? "systemctl restart libvirtd" : "libvirtd, or virtqemud"))"
            ]
        case .docker, .podman:
            let run = "\(place.program) watch \(rawValue) --socket \(socket) --data \(place.folder.path)"
            let unit = "systemctl daemon-reload && systemctl enable --now gatehouse-\(rawValue)"
            let start = isSystemd ? "start it: \(unit)" : "this host has no systemd; start it by what it has: \(run)"
            return self == .podman
                ? [
                    start,
                    "podman answers on \(socket) while `podman system service --time 0 \(socket)`, or podman.socket, runs",
                ]
                : [start]
        case .lxc:
            return [
                "containers whose file includes common.conf have it at their next start; others need "
                    + "`lxc.include = /usr/share/lxc/config/common.conf.d/50-gatehouse.conf`"
            ]
        case .cni: return ["pods that are added from now on are judged; those that run are when they are made anew"]
        }
    }

    /// As systemd takes it whole.
    private static func word(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"" + escaped.replacing("%", with: "%%").replacing("$", with: "$$") + "\""
    }

    /// As a shell takes it whole.
    private static func quoted(_ text: String) -> String { "'" + text.replacing("'", with: "'\\''") + "'" }
}
