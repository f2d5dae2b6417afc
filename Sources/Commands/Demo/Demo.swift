import ArgumentParser
import Foundation
import Host
import Link
import Model
import Rehearsal
import Terminal

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Three tiers in network namespaces, real traffic, events, flows, books, one refusal explained.",
        discussion: """
            Needs root. Everything happens in namespaces that are named ghdemo-… and removed at the end, also after Ctrl-C.

            Example: sudo gatehouse demo --keep
            """)

    @Flag(help: "Leave everything running until Ctrl-C, to try commands against it.")
    var keep = false

    @Flag(help: "All three on one bridge with an uplink, instead of devices of their own.")
    var bridge = false

    @Option(help: "How long the long transfer takes.")
    var seconds = 6

    func validate() throws {
        guard (1...600).contains(seconds) else {
            throw ValidationError("--seconds \(seconds): the transfer takes 1 to 600 seconds; give a number within")
        }
    }

    func run() throws {
        guard Machine.userID == 0 else {
            throw NotFound("the demo makes network namespaces and rules: run it as root, as `sudo gatehouse demo`")
        }
        let signals = try SignalDescriptor(SignalDescriptor.endings)
        let scene = DemoScene(bridge ? .bridged : .routed, signals)
        defer { scene.remove() }
        do {
            try scene.build()
            var story = try DemoStory(scene, transferSeconds: seconds)
            try story.tell()
            if keep { try waitForEnd(scene) }
        } catch is Interrupted {
            Console.tell("interrupted; cleaning up")
            throw ExitCode(130)
        }
    }

    private func waitForEnd(_ scene: DemoScene) throws {
        let data = scene.folder.path
        print(
            """

            Everything is still running. In another terminal, for example:
              gatehouse events --follow --data \(data)
              ip netns exec ghdemo-dev curl -m 2 -k https://\(scene.layout.address(of: "web-1"))/     # let through to a server that speaks no TLS
              ip netns exec ghdemo-dev nc -w 1 \(scene.layout.address(of: "db-1")) 5432              # refused, and told at once
              gatehouse explain \(scene.layout.developer[0]) db-1 tcp/5432 --data \(data)
              ip netns exec ghdemo-host nft list table inet gatehouse
            Ctrl-C ends it and removes everything.
            """)
        do {
            while true { try scene.pause(milliseconds: 1000) }
        } catch is Interrupted {}
    }
}

/// Ctrl-C was pressed.
struct Interrupted: Error {}
