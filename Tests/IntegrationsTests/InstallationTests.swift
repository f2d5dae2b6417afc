import Foundation
import Host
import Integrations
import Link
import TestSupport
import Testing

/// What `integrate` writes, and that `--remove` puts back what was there.
@Suite struct InstallationTests {
    private struct Scene {
        let root: String
        let folder: DataFolder
        var place: Integration.Place {
            .init(program: "/opt/gate house/bin/gatehouse", folder: folder, root: root)
        }

        func installation(_ integration: Integration) -> Installation {
            Installation(integration.rawValue, folder, root: root)
        }

        @discardableResult
        func install(_ integration: Integration) throws -> [String] {
            let installation = installation(integration)
            return try installation.install(try integration.files(place, installation))
        }

        /// Every file and link below the root, with its bytes or target, and its mode.
        func state() throws -> [String: String] {
            var found: [String: String] = [:]
            for path in FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? [] {
                let attributes = try FileManager.default.attributesOfItem(atPath: "\(root)/\(path)")
                let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue ?? 0
                switch attributes[.type] as? FileAttributeType {
                case .typeRegular:
                    found[path] = "\(mode) \(String(decoding: try bytes("\(root)/\(path)"), as: UTF8.self))"
                case .typeSymbolicLink:
                    found[path] = "-> " + (try FileManager.default.destinationOfSymbolicLink(atPath: "\(root)/\(path)"))
                default: break
                }
            }
            return found
        }
    }

    private static let list =
        "{ \"cniVersion\": \"1.0.0\",\n  \"name\": \"pods\",\n  \"plugins\": [ {\"type\": \"ptp\"} ] }"

    /// A host on which something stands at every place that an integration writes to.
    private func withScene(_ body: (Scene) throws -> Void) async throws {
        try await withScratchFolder { folder in
            let scene = Scene(root: folder + "/root", folder: DataFolder(folder + "/data"))
            let there: [(path: String, text: String, mode: Int)] = [
                ("/etc/libvirt/hooks/qemu", "#!/bin/sh\nexit 0\n", 0o755),
                ("/etc/libvirt/hooks/qemu.d/gatehouse", "mine", 0o700),
                ("/etc/systemd/system/gatehouse-docker.service", "[Unit]\n", 0o600),
                ("/usr/share/lxc/config/common.conf.d/00-lxcfs.conf", "# lxcfs\n", 0o644),
                ("/etc/cni/net.d/10-pods.conflist", Self.list, 0o640),
                ("/etc/cni/net.d/20-own.conflist", "{\"plugins\": [{\"type\": \"gatehouse-cni\"}]}", 0o644),
            ]
            for (path, text, mode) in there {
                let whole = scene.root + path
                try FileManager.default.createDirectory(
                    atPath: URL(fileURLWithPath: whole).deletingLastPathComponent().path,
                    withIntermediateDirectories: true)
                try write(Array(text.utf8), to: whole)
                try FileManager.default.setAttributes([.posixPermissions: NSNumber(value: mode)], ofItemAtPath: whole)
            }
            try FileManager.default.createDirectory(
                atPath: scene.root + "/opt/cni/bin", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: scene.root + "/opt/cni/bin/gatehouse-cni", withDestinationPath: "/old/gatehouse-cni")
            try body(scene)
        }
    }

    @Test(arguments: Integration.allCases)
    func `what was there is restored to the byte, and a second run changes nothing`(integration: Integration)
        async throws
    {
        try await withScene { scene in
            let before = try scene.state()
            #expect(try !scene.install(integration).isEmpty)
            let installed = try scene.state()
            #expect(installed != before)
            #expect(try scene.install(integration).isEmpty)
            #expect(try scene.state() == installed)
            #expect(try !scene.installation(integration).remove().isEmpty)
            #expect(try scene.state() == before)
            #expect(try scene.installation(integration).remove().isEmpty)
            #expect(try scene.state() == before)
        }
    }

    @Test func `a file that somebody changed since is neither overwritten nor removed`() async throws {
        try await withScene { scene in
            try scene.install(.cni)
            let path = scene.root + "/etc/cni/net.d/10-pods.conflist"
            try write(Array("{\"plugins\": []}".utf8), to: path)
            let changed = try scene.state()
            #expect(throws: Installation.Fault.changed([path])) { try scene.installation(.cni).remove() }
            let other = Scene(root: scene.root, folder: scene.folder)
            let moved = Installation("cni", other.folder, root: other.root)
            #expect(throws: Installation.Fault.changed([path])) {
                try moved.install([.init("/etc/cni/net.d/10-pods.conflist", "{}")])
            }
            #expect(try scene.state() == changed)
        }
    }

    @Test func `a newer version's files replace an older one's, and what stood before both is restored`() async throws {
        try await withScene { scene in
            let before = try scene.state()
            let installation = scene.installation(.libvirt)
            let path = "/etc/libvirt/hooks/qemu.d/gatehouse"
            _ = try installation.install([.init(path, "old", mode: 0o755), .init("/etc/gone", "old")])
            #expect(try scene.install(.libvirt) == [path])
            #expect(!DurableFile.exists(scene.root + "/etc/gone"))
            _ = try installation.remove()
            #expect(try scene.state() == before)
        }
    }

    @Test func `a list of CNI plugins keeps its plugins and gets one more`() async throws {
        try await withScene { scene in
            try scene.install(.cni)
            let bytes = try bytes(scene.root + "/etc/cni/net.d/10-pods.conflist")
            struct List: Decodable {
                struct Plugin: Decodable {
                    let type: String
                    let data: String?
                }
                let name: String
                let plugins: [Plugin]
            }
            let list = try JSONDecoder().decode(List.self, from: Data(bytes))
            #expect(list.name == "pods")
            #expect(list.plugins.map(\.type) == ["ptp", "gatehouse-cni"])
            #expect(list.plugins[1].data == scene.folder.path)
            #expect(try scene.state()["etc/cni/net.d/20-own.conflist"]?.contains("data") == false)
        }
    }

    @Test func `a list that is none is said, and nothing is written`() async throws {
        try await withScene { scene in
            try write(Array("[]".utf8), to: scene.root + "/etc/cni/net.d/10-pods.conflist")
            let before = try scene.state()
            #expect(throws: (any Error).self) { try scene.install(.cni) }
            #expect(try scene.state() == before)
        }
    }

    @Test func `libvirt's hook hands on its words, whatever the paths hold`() async throws {
        try await withScene { scene in
            try scene.install(.libvirt)
            let text = try scene.state()["etc/libvirt/hooks/qemu.d/gatehouse"] ?? ""
            #expect(text.hasPrefix("\(0o755) #!/bin/sh\n"))
            #expect(
                text.contains(
                    "exec '/opt/gate house/bin/gatehouse' hook libvirt --data '\(scene.folder.path)' -- \"$@\"\n"))
        }
    }
}
