import Foundation
import Host

/// A real rsyslog on loopback that writes what it gets as JSON lines.
package final class RSyslog {
    package let certificate: String
    private let folder: String
    private let port: Int
    private let process: ChildProcess
    private let namespace: String?

    /// Whether it is installed with RELP.
    package static var isInstalled: Bool {
        Program("rsyslogd") != nil
            && ["x86_64", "aarch64"].contains {
                FileManager.default.fileExists(atPath: "/usr/lib/\($0)-linux-gnu/rsyslog/imrelp.so")
            }
    }

    /// * `folder`: what was received in it before stays.
    package init(_ folder: String, namespace: String? = nil) throws {
        self.namespace = namespace
        let folder = folder + "/rsyslog"
        try DurableFile.makeFolder(folder)
        self.folder = folder
        certificate = folder + "/cert.pem"
        if !DurableFile.exists(certificate) {
            _ = try Self.program("openssl").run([
                "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", folder + "/key.pem", "-out", certificate,
                "-days",
                "30", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
            ])
        }
        if let known = try DurableFile.read(folder + "/port") {
            port = Int(String(decoding: known, as: UTF8.self)) ?? 0
        } else {
            port = Int.random(in: 20_000...29_000)
            try DurableFile.replace(folder + "/port", with: Array(String(port).utf8))
        }
        try DurableFile.replace(folder + "/r.conf", with: Array(Self.configuration(folder, port).utf8))
        var options = ChildProcess.Options()
        options.diesWithParent = true
        options.namespace = namespace
        let log = try DurableFile.openForAppending(folder + "/rsyslog.log")
        options.standard = [nil, log.number, log.number]
        process = try ChildProcess(
            try Self.program("rsyslogd").path, ["-n", "-f", folder + "/r.conf", "-i", folder + "/pid"],
            options: options)
        try eventually("rsyslog listens") { answers(port + 2) && answers(port) && answers(port + 1) }
    }

    private func answers(_ port: Int) -> Bool {
        ((try? ChildProcess.run("bash", ["-c", "exec 3<>/dev/tcp/127.0.0.1/\(port)"], namespace: namespace))?.exit)
            == .code(0)
    }

    private static func configuration(_ folder: String, _ port: Int) -> String {
        let names = [
            ("pri", "pri"), ("host", "hostname"), ("app", "app-name"), ("msgid", "msgid"), ("sd", "$!rfc5424-sd"),
            ("msg", "msg"),
        ]
        let properties = names.map { name, property in
            "property(outname=\"\(name)\" name=\"\(property)\" format=\"jsonf\")"
        }.joined(separator: " ")
        return """
            global(workDirectory="\(folder)" maxMessageSize="128k" defaultNetstreamDriverCAFile="\(folder)/cert.pem" \
            defaultNetstreamDriverCertFile="\(folder)/cert.pem" defaultNetstreamDriverKeyFile="\(folder)/key.pem")
            module(load="imudp") module(load="imptcp") module(load="imrelp") module(load="mmpstrucdata")
            module(load="imtcp" streamDriver.name="ossl" streamDriver.mode="1" streamDriver.authMode="anon")
            input(type="imudp" address="127.0.0.1" port="\(port)" ruleset="r" rcvbufSize="8m")
            input(type="imptcp" address="127.0.0.1" port="\(port)" ruleset="r")
            input(type="imtcp" address="127.0.0.1" port="\(port + 1)" ruleset="r")
            input(type="imrelp" address="127.0.0.1" port="\(port + 2)" ruleset="r" maxDataSize="256k")
            template(name="j" type="list" option.jsonf="on") { \(properties) }
            ruleset(name="r" queue.type="Direct") { action(type="mmpstrucdata") action(type="omfile" file="\(folder)/out.jsonl" \
            template="j" asyncWriting="off" flushOnTXEnd="on") }

            """
    }

    package func url(_ way: String) -> String {
        switch way {
        case "udp": "udp://127.0.0.1:\(port)"
        case "tls": "tls://127.0.0.1:\(port + 1)"
        case "relp": "relp://127.0.0.1:\(port + 2)"
        default: "tcp://127.0.0.1:\(port)"
        }
    }

    package var messages: [[String: Any]] {
        let bytes = (try? DurableFile.read(folder + "/out.jsonl")) ?? nil
        return (bytes ?? []).split(separator: UInt8(ascii: "\n")).compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0))) as? [String: Any]
        }
    }

    package var ids: [String] {
        messages.compactMap { Self.data($0)?["id"] }
    }

    /// The structured data that it took out of a message.
    package static func data(_ message: [String: Any]) -> [String: String]? {
        let text = message["sd"] as? String ?? ""
        let object = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) as? [String: Any]
        return object?["gatehouse@32473"] as? [String: String]
    }

    package func kill() {
        process.kill()
        _ = try? process.wait()
    }

    package func stop() {
        process.terminate()
        _ = try? process.wait()
    }

    private static func program(_ name: String) throws -> Program {
        guard let program = Program(name) else { throw Missing(name: name) }
        return program
    }

    struct Missing: Error { let name: String }
}
