import ArgumentParser
import Foundation
import Host
import Link
import Model
import Records
import Rehearsal
import Terminal

/// What happens in the demo, told while it happens.
struct DemoStory {
    private let scene: DemoScene
    private let transferSeconds: Int
    private var tail: FileTail
    private var printer = EventPrinter(.table)

    init(_ scene: DemoScene, transferSeconds: Int) throws {
        self.scene = scene
        self.transferSeconds = transferSeconds
        tail = try FileTail(scene.folder.eventsJSON)
    }

    mutating func tell() throws {
        heading("Three tiers: web from outside on 443 only, app from web only, database from app only")
        try command(["apply", "-f", scene.policyPath])
        try play()
        heading("Flow records: packets and bytes both ways, by the rule that decided")
        _ = try AgentClient(scene.folder).ask(.flush)
        try command(["flows", "action=accept"])
        try command(["flows", "action=drop", "interface=db-1/eth0"])
        heading("The books: what the kernel counted is what is recorded")
        try command(["books", "--settle", "5"])
        if scene.layout == .bridged {
            heading(
                "Where they hang, and what their ports refused: what lies about itself has no event, and is counted here"
            )
            try command(["interfaces"])
        }
        heading("One refusal explained")
        try command(["explain", "web-1", "db-1", "tcp/5432"])
        try scene.check()
    }

    private mutating func play() throws {
        let developer = DemoScene.developer
        let (web, app) = (DemoScene.guest("web-1"), DemoScene.guest("app-1"))
        let web4 = try address(scene.layout.address(of: "web-1"))
        let app4 = try address(scene.layout.address(of: "app-1"))
        let db4 = try address(scene.layout.address(of: "db-1"))
        heading("Events, as they happen")
        let duration = Int32(transferSeconds * 1000)
        let transfer = Background {
            _ = try web.tcp(app4, 8080, bytes: 4_000_000, milliseconds: duration, patience: 5000)
        }
        try act("the developer opens the shop") { try developer.tcp(web4, 443) }
        try act("the developer tries SSH on web") { try developer.probe(web4, 22, patience: 300) }
        try act("the developer tries the database") { try developer.probe(db4, 5432, patience: 300) }
        try act("the developer pings web") { try developer.ping(web4) }
        try act("the developer pings the database") { try developer.ping(db4, patience: 300) }
        try act("app asks the database") { try app.tcp(db4, 5432) }
        try act("web tries the database, past app") { try web.probe(db4, 5432, patience: 300) }
        try act("web sends a log line to app (UDP)") { try web.udp(app4, 514) }
        try act("web sends a log line to the database (UDP)") { try web.udp(db4, 514) }
        let web6 = try address(scene.layout.address6(of: "web-1"))
        try act("the developer opens the shop over IPv6") {
            // A new device's link-local address is tentative for a second or two.
            for _ in 0..<3 {
                let outcome = try developer.tcp(web6, 443, patience: 1500)
                if outcome.isAnswered { return outcome }
            }
            return .silence
        }
        let db6 = try address(scene.layout.address6(of: "db-1"))
        try act("the developer tries the database over IPv6") { try developer.probe(db6, 5432, patience: 300) }
        try spoof(web)
        try scan(developer, web4)
        say("a transfer of 4 MB from web to app takes \(transferSeconds) seconds, over several windows …")
        while !transfer.isDone { try scene.pause(milliseconds: 100) }
        try showEvents(limit: 3)
    }

    private mutating func spoof(_ web: Guest) throws {
        let layout = scene.layout
        var storm = Storm(
            from: try address(layout.address(of: "db-1")), to: try address(layout.address(of: "app-1")),
            via: try layout.nextHop(to: "app-1", from: DemoLayout.device(of: "web-1")), packets: 1)
        storm.transport = .tcp
        storm.targetPorts = 8080...8080
        try act("web pretends to be the database") {
            _ = try storm.send(from: web.namespace)
            return .silence
        }
    }

    private mutating func scan(_ developer: Guest, _ web: IPAddress) throws {
        var storm = Storm(
            from: try address(scene.layout.developer[0]), to: web,
            via: try scene.layout.nextHop(to: "web-1", from: DemoLayout.uplink), packets: 200)
        storm.transport = .tcp
        storm.sourcePorts = 40_000...40_000
        storm.targetPorts = 300...499
        storm.rate = 2000
        try act("the developer scans 200 ports of web", limit: 4) {
            _ = try storm.send(from: developer.namespace)
            return .silence
        }
    }

    private mutating func act(_ words: String, limit: Int = 6, _ body: () throws -> Guest.Outcome) throws {
        let outcome = try body()
        switch outcome {
        case .answered: say(words + ": answered")
        case .silence: say(words + ": no answer")
        case .failed(let code):
            say(
                words
                    + ": \(SystemError(code == SystemError.refused ? "refused by the guest itself" : "failed", code: code).call)"
            )
        }
        try scene.pause(milliseconds: 150)
        try showEvents(limit: limit)
    }

    private mutating func showEvents(limit: Int) throws {
        let lines = try tail.lines()
        for line in lines.prefix(limit) { try printer.print(line) }
        if lines.count > limit { print("  … and \(lines.count - limit) more like these") }
    }

    private func say(_ words: String) { print(Console.paint("— \(words)", .dim)) }

    private func heading(_ words: String) { print("\n" + Console.paint("# \(words)", .bold)) }

    /// Runs one of our own commands as a user would.
    private func command(_ words: [String]) throws {
        print(
            Console.paint(
                "$ gatehouse \(words.map { $0.hasPrefix("/") ? "shop.yaml" : $0 }.joined(separator: " "))", .dim))
        do {
            var command = try Gatehouse.parseAsRoot(words + ["--data", scene.folder.path])
            try command.run()
        } catch let code as ExitCode where code == .no {
            print("(exit code 3: the answer is no)")
        }
        try scene.check()
    }

    private func address(_ text: String) throws -> IPAddress {
        guard let address = IPAddress(text) else { throw NotFound("address \(text)") }
        return address
    }
}
