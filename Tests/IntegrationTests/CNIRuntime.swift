import Foundation
import Host
import Link
import Model
import Rehearsal
import TestSupport

/// Calls CNI plugins as a container runtime does, one behind the other, for pods that are namespaces.
final class CNIRuntime {
    /// Where Debian puts the plugins.
    static let folder = "/usr/lib/cni"

    private let agent: AgentUnderTest
    private let version: String
    private let plugin: String
    /// The network's list where it is given as a whole.
    private let list: [[String: Any]]?
    private let state: String
    /// By pod: what it was added with, and what came of it.
    private var pods: [String: (environment: [String: String], plugins: [[String: Any]], result: [String: Any])] = [:]
    private var spaces: Set<String> = []

    struct Answer {
        let code: Int32
        let output: String
    }

    init(_ agent: AgentUnderTest, version: String, plugin: String = "bridge", list: [[String: Any]]? = nil) {
        self.agent = agent
        self.version = version
        self.plugin = plugin
        self.list = list
        state = agent.folder.path + "-cni"
    }

    /// The list of the network, for a pod that asks for an address and ports.
    private func plugins(address: String, ports: [(host: Int, pod: Int)]) -> [[String: Any]] {
        if let list { return list }
        let addresses: [String: Any] = [
            "type": "host-local", "dataDir": state,
            "ranges": [
                [["subnet": "10.77.0.0/24", "rangeStart": address, "rangeEnd": address, "gateway": "10.77.0.1"]]
            ],
            "routes": [["dst": "0.0.0.0/0"]],
        ]
        var first: [String: Any] = ["type": plugin, "ipam": addresses]
        if plugin == "bridge" {
            first["bridge"] = "cni0"
            first["isGateway"] = true
        }
        let mappings = ports.map { ["hostPort": $0.host, "containerPort": $0.pod, "protocol": "tcp"] as [String: Any] }
        return [
            first,
            ["type": "portmap", "snat": false, "runtimeConfig": ["portMappings": mappings]],
            ["type": "gatehouse-cni", "data": agent.folder.path, "vpc": "shop"],
        ]
    }

    private func environment(_ pod: String, groups: String?) -> [String: String] {
        let words = groups.map { ";GATEHOUSE_GROUPS=\($0)" } ?? ""
        return [
            "CNI_CONTAINERID": "id-\(pod)", "CNI_NETNS": "/run/netns/\(space(pod))", "CNI_IFNAME": "eth0",
            "CNI_PATH": Self.folder,
            "CNI_ARGS": "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=\(pod)\(words)",
        ]
    }

    private func space(_ pod: String) -> String { "\(agent.host.name)\(pod)" }

    private func run(
        _ command: String, _ environment: [String: String], _ plugin: [String: Any], previous: [String: Any]?,
        more: [String: Any] = [:]
    ) throws -> Answer {
        var configuration = plugin.merging(more) { $1 }
        // Debian's plugins know no version with these two.
        configuration["cniVersion"] = ["STATUS", "GC"].contains(command) ? "1.1.0" : version
        configuration["name"] = "pods"
        configuration["prevResult"] = previous
        let type = plugin["type"] as? String ?? ""
        let program = type == "gatehouse-cni" ? AgentUnderTest.program(type) : "\(Self.folder)/\(type)"
        let words = environment.merging(["CNI_COMMAND": command]) { $1 }.map { "\($0.key)=\($0.value)" }
        let run = try ChildProcess.run(
            "env", words + [program], input: Array(try JSONSerialization.data(withJSONObject: configuration)),
            namespace: agent.host.name)
        guard case .code(let code) = run.exit else { return Answer(code: -1, output: run.errors) }
        return Answer(code: code, output: run.output + run.errors)
    }

    /// Adds a pod; its own loopback and namespace come first.
    @discardableResult
    func add(_ pod: String, address: String, groups: String?, ports: [(host: Int, pod: Int)] = []) throws -> Guest {
        let answer = try tryAdd(pod, address: address, groups: groups, ports: ports)
        guard answer.code == 0 else { throw Failed(answer: answer.output) }
        return Guest(namespace: space(pod))
    }

    struct Failed: Error { let answer: String }

    /// The answer of the plugin that fails, or of the last; what failed is taken down, as runtimes do.
    func tryAdd(_ pod: String, address: String, groups: String?, ports: [(host: Int, pod: Int)] = []) throws -> Answer {
        try makeSpace(pod)
        let (variables, list) = (environment(pod, groups: groups), plugins(address: address, ports: ports))
        var previous: [String: Any]?
        for plugin in list {
            let answer = try run("ADD", variables, plugin, previous: previous)
            guard answer.code == 0,
                let result = try JSONSerialization.jsonObject(with: Data(answer.output.utf8)) as? [String: Any]
            else {
                for plugin in list.reversed() { _ = try run("DEL", variables, plugin, previous: previous) }
                return answer
            }
            previous = result
        }
        pods[pod] = (variables, list, previous ?? [:])
        return Answer(code: 0, output: "")
    }

    private func makeSpace(_ pod: String) throws {
        guard spaces.insert(space(pod)).inserted else { return }
        try TestHost.run("ip", "netns", "add", space(pod))
        try TestHost.run("ip", "-n", space(pod), "link", "set", "lo", "up")
    }

    /// Takes a pod down, the last plugin first.
    func delete(_ pod: String) throws {
        guard let known = pods.removeValue(forKey: pod) else { return }
        for plugin in known.plugins.reversed() {
            let answer = try run("DEL", known.environment, plugin, previous: known.result)
            guard answer.code == 0 else { throw Failed(answer: answer.output) }
        }
    }

    /// Calls the gate's plugin alone.
    func call(_ command: String, _ pod: String) throws -> Answer {
        guard let known = pods[pod], let last = known.plugins.last else { throw Failed(answer: "no pod \(pod)") }
        return try run(command, known.environment, last, previous: known.result)
    }

    func status() throws -> Answer {
        try run("STATUS", ["CNI_PATH": Self.folder], plugins(address: "10.77.0.2", ports: [])[2], previous: nil)
    }

    func collect(valid: [[String: String]]) throws -> Answer {
        try run(
            "GC", ["CNI_PATH": Self.folder], plugins(address: "10.77.0.2", ports: [])[2], previous: nil,
            more: ["cni.dev/valid-attachments": valid])
    }

    func mac(_ pod: String) throws -> String {
        MACAddress(bits: try NetworkNamespace.within(space(pod)) { try NetworkDevices.linkAddress("eth0") }).description
    }

    /// Packets that came to a pod's device.
    func received(_ pod: String) throws -> UInt64 {
        let text = try TestHost.run("cat", "/proc/net/dev", in: space(pod))
        let line = text.split(separator: "\n").first { $0.contains("eth0:") } ?? ""
        let words = line.split(separator: ":").last?.split(separator: " ") ?? []
        return words.count > 1 ? UInt64(words[1]) ?? 0 : 0
    }

    /// A program in a pod's namespace that sends from the moment that it has a device, and says how much when asked.
    func flood(_ pod: String, from source: String, to target: String, mac: String) throws -> GuestProgram {
        try makeSpace(pod)
        let octets = mac.replacing(":", with: "")
        return try GuestProgram(
            space(pod),
            """
            import threading, time
            sent = 0
            def checksum(data):
                total = sum(struct.unpack(f"!{len(data) // 2}H", data))
                while total >> 16: total = (total & 0xffff) + (total >> 16)
                return ~total & 0xffff
            def flood():
                global sent
                door = None
                while True:
                    try:
                        if door is None:
                            door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
                            door.bind(("eth0", 0))
                            own = door.getsockname()[4]
                            udp = struct.pack("!HHHH", 4000, 9, 16, 0) + b"flooding"
                            head = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                                               socket.inet_aton("\(source)"), socket.inet_aton("\(target)"))
                            head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
                        door.send(bytes.fromhex("\(octets)") + own + b"\\x08\\x00" + head + udp)
                        sent += 1
                    except OSError:
                        door = None
                        time.sleep(0.0002)
            threading.Thread(target=flood, daemon=True).start()
            for line in lines(): reply(sent)
            """)
    }

    func remove() {
        for pod in Array(pods.keys) { try? delete(pod) }
        for space in spaces { _ = try? TestHost.run("ip", "netns", "del", space, mayFail: true) }
        try? FileManager.default.removeItem(atPath: state)
    }
}
