import Foundation
import Host
import Integrations
import Link
import TestSupport
import Testing

/// The plugin's calls that need no kernel.
@Suite struct CNIPluginTests {
    private struct Words: Decodable {
        let cniVersion: String
        let code: Int
        let msg: String
    }

    private static let adding = [
        "CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_NETNS": "/nowhere/net", "CNI_IFNAME": "eth0",
    ]

    private static func configuration(
        version: String = "1.0.0", data: String = "/nowhere", previous: String? = "{\"cniVersion\":\"1.0.0\"}"
    ) -> String {
        let rest = previous.map { ",\"prevResult\":\($0)" } ?? ""
        return "{\"cniVersion\":\"\(version)\",\"name\":\"net\",\"type\":\"gatehouse-cni\",\"data\":\"\(data)\"\(rest)}"
    }

    private func answer(_ environment: [String: String], _ input: String) -> (output: [UInt8], code: Int32) {
        CNIPlugin.answer(environment: environment, input: Array(input.utf8))
    }

    @Test func `VERSION lists what is spoken`() throws {
        struct Versions: Decodable { let supportedVersions: [String] }
        let (output, code) = answer(["CNI_COMMAND": "VERSION"], "{\"cniVersion\":\"0.4.0\"}")
        #expect(code == 0)
        let versions = try JSONDecoder().decode(Versions.self, from: Data(output)).supportedVersions
        #expect(versions == ["0.4.0", "1.0.0", "1.1.0"])
    }

    /// A call, its input, and the number of CNI's error.
    static let refusals: [(environment: [String: String], input: String, code: Int)] = [
        ([:], configuration(), 4),
        (["CNI_COMMAND": "PLAY"], configuration(), 4),
        (["CNI_COMMAND": "ADD", "CNI_CONTAINERID": "c1", "CNI_IFNAME": "eth0"], configuration(), 4),
        (adding.merging(["CNI_CONTAINERID": "../../etc"]) { $1 }, configuration(), 4),
        (adding.merging(["CNI_IFNAME": "a/b"]) { $1 }, configuration(), 4),
        (adding, "{", 6),
        (adding, "{\"cniVersion\":\"1.0.0\",\"groups\":\"web\"}", 6),
        (adding, configuration(version: "0.2.0"), 1),
        (adding, configuration(version: "2.0.0"), 1),
        (adding, configuration(data: "here"), 7),
        (adding, configuration(previous: nil), 7),
        (adding, configuration(), 3),
        (["CNI_COMMAND": "STATUS"], configuration(version: "1.1.0"), 50),
        (["CNI_COMMAND": "GC"], configuration(version: "1.1.0"), 11),
        (adding, String(repeating: " ", count: CNIPlugin.inputLimit + 1), 6),
    ]

    @Test(arguments: refusals)
    func `what cannot be done is CNI's error with its number`(environment: [String: String], input: String, code: Int)
        throws
    {
        let (output, exit) = answer(environment, input)
        #expect(exit == 1)
        let words = try JSONDecoder().decode(Words.self, from: Data(output))
        #expect(words.code == code, "\(words.msg)")
        #expect(!words.msg.isEmpty && !words.cniVersion.isEmpty)
    }

    @Test func `DEL of what was never added succeeds without a word, agent or not`() {
        var environment = Self.adding
        environment["CNI_COMMAND"] = "DEL"
        environment["CNI_NETNS"] = nil
        let (output, code) = answer(environment, Self.configuration(previous: nil))
        #expect(code == 0)
        #expect(output.isEmpty)
    }

    @Test func `DEL without an agent keeps a note, which goes once the device is known to be gone`() async throws {
        try await withScratchFolder { folder in
            let notes = folder + "/cni"
            try DurableFile.makeFolder(notes)
            let note =
                "{\"network\":\"net\",\"container\":\"c1\",\"interface\":\"eth0\",\"device\":\"lo\",\"number\":1,\"isLeaving\":false}"
            try write(Array(note.utf8), to: notes + "/c1@eth0.json")
            var environment = Self.adding
            environment["CNI_COMMAND"] = "DEL"
            #expect(answer(environment, Self.configuration(data: folder)).code == 0)
            // The device is there still, and no agent let go of it.
            let left = String(decoding: try bytes(notes + "/c1@eth0.json"), as: UTF8.self)
            #expect(left.contains("\"isLeaving\":true"))
            try write(Array(left.replacing("\"lo\"", with: "\"nothing0\"").utf8), to: notes + "/c1@eth0.json")
            #expect(answer(environment, Self.configuration(data: folder)).code == 0)
            #expect(!DurableFile.exists(notes + "/c1@eth0.json"))
        }
    }
}
