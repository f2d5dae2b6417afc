import Foundation
import Host
import Model
import TestSupport
import Testing

/// libvirt of the host of an agent, with folders and a socket of its own, and machines of one busybox in software emulation.
final class Hypervisor {
    static let bridge = "virbr9"
    private let folder: String
    private let host: String
    private let image: String
    private var process: ChildProcess?

    init(on host: TestHost) throws {
        self.host = host.name
        folder = "/tmp/\(host.name)v"
        image = try #require(
            ChildProcess.inheritedEnvironment()["GATEHOUSE_GUEST_IMAGE"], "scripts/guest-image makes one")
        try? FileManager.default.removeItem(atPath: folder)
        for part in ["root/etc/libvirt", "lib", "run", "cache", "log", "groups"] {
            try DurableFile.makeFolder("\(folder)/\(part)", mode: 0o755)
        }
        // As little of the machine as it can do with.
        let settings = """
            user = "root"
            group = "root"
            security_driver = "none"
            cgroup_controllers = []
            namespaces = []
            remember_owner = 0
            stdio_handler = "file"

            """
        try DurableFile.replace("\(folder)/root/etc/libvirt/qemu.conf", with: Array(settings.utf8))
    }

    /// What stands for `/` to `gatehouse integrate`.
    var root: String { folder + "/root" }

    /// Starts libvirt, which looks for hooks then. Its folders are in places that the program has built in.
    func start() throws {
        let script = """
            mount --rbind /sys/fs/cgroup \(folder)/groups && mount -t sysfs none /sys &&
            mount --rbind \(folder)/groups /sys/fs/cgroup && mkdir -p /run/libvirt &&
            mount --bind \(folder)/root/etc/libvirt /etc/libvirt && mount --bind \(folder)/lib /var/lib/libvirt &&
            mount --bind \(folder)/run /run/libvirt && mount --bind \(folder)/cache /var/cache/libvirt &&
            mount --bind \(folder)/log /var/log/libvirt && exec libvirtd
            """
        var options = ChildProcess.Options()
        options.namespace = host
        options.diesWithParent = true
        let talk = try DurableFile.openForAppending("\(folder)/output")
        options.standard = [nil, talk.number, talk.number]
        process = try ChildProcess("unshare", ["-m", "sh", "-c", script], options: options)
        try eventually("libvirt: \(said(2000))") { try virsh("version").code == 0 }
    }

    private func said(_ bytes: Int) -> String {
        String(decoding: (try? DurableFile.read("\(folder)/output", lastBytes: bytes)) ?? [], as: UTF8.self)
    }

    private func virsh(_ words: String...) throws -> (code: Int32, words: String) {
        let address = "qemu+unix:///system?socket=\(folder)/run/libvirt-sock"
        let run = try ChildProcess.run("virsh", ["--connect", address] + words)
        guard case .code(let code) = run.exit else { return (-1, run.errors) }
        return (code, run.output + run.errors)
    }

    /// Starts a machine; what libvirt said.
    func create(_ name: String, address: String, groups: String) throws -> (code: Int32, words: String) {
        let xml = """
            <domain type='qemu'><name>\(name)</name><memory unit='MiB'>96</memory><vcpu>1</vcpu>
            <metadata><gatehouse:instance xmlns:gatehouse="https://gatehouse.invalid/libvirt/1" vpc="shop" groups="\(groups)" addresses="\(address)"/></metadata>
            <os><type arch='x86_64' machine='pc'>hvm</type><kernel>\(image)/vmlinuz</kernel><initrd>\(image)/initrd.gz</initrd>
            <cmdline>console=ttyS0 quiet panic=1 address=\(address)</cmdline></os>
            <devices><emulator>/usr/bin/qemu-system-x86_64</emulator>
            <interface type='bridge'><mac address='52:54:00:00:00:\(address.suffix(2))'/><source bridge='\(Self.bridge)'/><model type='virtio'/></interface>
            <serial type='unix'><source mode='bind' path='\(folder)/\(name).sock'/></serial></devices></domain>
            """
        try DurableFile.replace("\(folder)/\(name).xml", with: Array(xml.utf8))
        return try virsh("create", "\(folder)/\(name).xml")
    }

    func destroy(_ name: String) throws { _ = try virsh("destroy", name) }

    /// Whether a machine reaches a port, by a command at its serial line.
    func reaches(_ name: String, _ target: String, _ port: UInt16, seconds: Int) throws -> Bool {
        let script = """
            import socket, sys
            line = socket.socket(socket.AF_UNIX); line.connect("\(folder)/\(name).sock"); line.settimeout(\(seconds + 20))
            line.sendall(b"(echo hi; sleep 1) | timeout \(seconds) nc \(target) \(port) && echo YE''S; echo DO''NE\\n")
            said = b""
            while b"DONE" not in said: said += line.recv(4096)
            sys.exit(0 if b"YES" in said else 3)
            """
        return try ChildProcess.run("python3", ["-c", script]).exit == .code(0)
    }

    func remove() {
        for name in ["web-1", "app-1", "db-1", "bad"] { try? destroy(name) }
        process?.terminate()
        _ = try? process?.wait()
        try? FileManager.default.removeItem(atPath: folder)
    }
}
