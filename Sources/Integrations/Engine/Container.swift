/// A container as its engine tells of it (`GET /containers/ID/json`): what we ask for, and no more.
package struct Container: Hashable, Sendable, Decodable {
    package let id: String
    /// Without the slash that Docker puts in front.
    package let name: String
    package let isRunning: Bool
    /// Of its first process, in the engine's own process namespace.
    package let process: Int32
    package let labels: [String: String]
    /// `bridge`, `host`, `none`, `container:ID`, or a network's name.
    package let networkMode: String

    private enum Keys: String, CodingKey {
        case id = "Id"
        case name = "Name"
        case state = "State"
        case config = "Config"
        case hostConfig = "HostConfig"
    }

    private struct State: Decodable {
        let Running: Bool
        let Pid: Int32
    }

    private struct Config: Decodable { let Labels: [String: String]? }
    private struct HostConfig: Decodable { let NetworkMode: String? }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        id = try values.decode(String.self, forKey: .id)
        name = String(try values.decode(String.self, forKey: .name).drop { $0 == "/" })
        let state = try values.decode(State.self, forKey: .state)
        isRunning = state.Running && state.Pid > 0
        process = state.Pid
        labels = try values.decodeIfPresent(Config.self, forKey: .config)?.Labels ?? [:]
        networkMode = try values.decodeIfPresent(HostConfig.self, forKey: .hostConfig)?.NetworkMode ?? ""
    }

    package static let groupsLabel = "gatehouse.groups"
    package static let vpcLabel = "gatehouse.vpc"

    /// Who it is to the policy, in its labels' words.
    package var guest: Attacher.Guest {
        Attacher.Guest(
            instance: name, vpc: labels[Self.vpcLabel].flatMap { $0.isEmpty ? nil : $0 },
            groups: labels[Self.groupsLabel].map(GroupList.read))
    }
}

/// Names of groups with commas between them, as labels, arguments and variables have them.
package enum GroupList {
    package static func read(_ text: some StringProtocol) -> [String] {
        String(text).split(separator: ",").map { $0.filter { !$0.isWhitespace } }.filter { !$0.isEmpty }
    }
}

/// What became of a container or a network.
package struct EngineEvent: Hashable, Sendable, Decodable {
    /// The container that it is about; nil where it is about none.
    package let container: String?
    /// `start`, `die`, `connect`, …
    package let action: String

    private enum Keys: String, CodingKey {
        case type = "Type"
        case action = "Action"
        case actor = "Actor"
    }

    private struct Actor: Decodable {
        let ID: String?
        let Attributes: [String: String]?
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: Keys.self)
        action = try values.decodeIfPresent(String.self, forKey: .action) ?? ""
        let actor = try values.decodeIfPresent(Actor.self, forKey: .actor)
        switch try values.decodeIfPresent(String.self, forKey: .type) {
        case "container": container = actor?.ID
        case "network": container = actor?.Attributes?["container"]
        default: container = nil
        }
    }

    /// What may give a container devices, take them, or name it anew. Others, such as of health checks, come all the time.
    private static let moving: Set<String> = [
        "start", "die", "died", "rename", "connect", "disconnect", "destroy", "remove",
    ]

    package var isOfDevices: Bool { Self.moving.contains(action) }
}
