import Foundation
import GRDB
import Host
import Link
import TestSupport
import Testing

@testable import Commands

/// `host` and `audit` from another machine, against a real server.
@Suite(.ownThread) struct OperatingTests {
    @Test func `a control plane tells what its data folder tells, in every format`() throws {
        let server = try RunningServer()
        #expect(try server.run("host", "enrol", "node-1").exit == .code(0))
        #expect(try server.run("bucket", "create", "flows", "file:flows").exit == .code(0))
        #expect(try server.run("bucket", "delete", "flows").exit == .code(0))
        let folder = ["--data", server.data]
        for words in [
            ["audit"], ["audit", "list", "--kind", "bucket"], ["audit", "--actor", "ada", "--since", "1h"],
            ["audit", "--until", "1h"], ["audit", "--limit", "3"], ["audit", "--outcome", "failure"],
            ["audit", "verify"],
            ["host", "list"],
        ] {
            for format in words.last == "verify" ? [""] : ["table", "json", "jsonl", "csv", "yaml"] {
                let asked = words + (format.isEmpty ? [] : ["-o", format])
                let remote = try server.gatehouse(asked, server.environment())
                let local = try server.gatehouse(asked + folder, [])
                #expect(remote.output == local.output, "\(asked)")
                #expect(remote.exit == .code(0) && remote.errors == local.errors, "\(asked): \(remote.errors)")
            }
        }
    }

    @Test func `states of objects are told as text whose members are by name`() throws {
        let server = try RunningServer()
        #expect(try server.run("bucket", "create", "flows", "file:flows").exit == .code(0))
        let lines = try server.run("audit", "--kind", "bucket", "-o", "jsonl").output
        let entry = try #require(try JSONSerialization.jsonObject(with: Data(lines.utf8)) as? [String: Any])
        let after = try #require(entry["after"] as? String)
        let keys = after.matches(of: #/"([a-zA-Z]+)":/#).map { String($0.output.1) }
        #expect(keys == keys.sorted() && keys.contains("url"))
        #expect(entry["before"] == nil)
    }

    @Test func `what is typed wins over the environment, and the environment's server over its folder`() throws {
        let server = try RunningServer()
        let other = try RunningServer()
        #expect(try server.run("host", "enrol", "node-1").exit == .code(0))
        func count(_ words: [String], _ environment: [String]) throws -> Int {
            try server.gatehouse(["audit", "--action", "host", "-o", "jsonl"] + words, environment).output
                .split(separator: "\n").count
        }
        let folder = ["GATEHOUSE_SERVER_DATA=\(other.data)"]
        #expect(try count([], server.environment()) == 1)
        #expect(try count([], server.environment() + folder) == 1)
        #expect(try count(["--data", other.data], server.environment()) == 0)
        #expect(try count([], folder) == 0)
        #expect(try count([], ["GATEHOUSE_SERVER=", "GATEHOUSE_SERVER_DATA=\(server.data)"]) == 1)
        let typed = [
            "--server", server.address, "--token-file", server.folder + "/ada.token", "--authority", server.authority,
        ]
        #expect(try count(typed, other.environment()) == 1)
    }

    @Test func `apply asks this host's agent, whatever the environment says`() throws {
        let server = try RunningServer()
        let shop = try ShopFolder()
        let file = try shop.file("shop.yaml", ShopFolder.wider)
        let words = ["apply", "-f", file, "--plan"]
        let own = try server.gatehouse(words, server.environment() + ["GATEHOUSE_DATA=\(shop.folder.path)"])
        #expect(own.output == "nothing changes (against revision 2)\n")
        // Named, it takes the rest from the environment.
        let named = try server.gatehouse(words + ["--server", server.address], server.environment())
        #expect(named.output.hasSuffix("changes, none of them made\n"), "\(named.errors)")
    }

    @Test func `roles say who reads what`() throws {
        let server = try RunningServer()
        #expect(try server.run("bucket", "create", "flows", "file:flows").exit == .code(0))
        func actions(_ user: String) throws -> Set<Substring> {
            Set(
                try server.run("audit", "-o", "csv", as: user).output.split(separator: "\r\n").dropFirst().compactMap {
                    $0.split(separator: ",", omittingEmptySubsequences: false).dropFirst(7).first
                })
        }
        #expect(try actions("ada").isSuperset(of: ["user.create", "bucket.create"]))
        // A manager reads the project's, an auditor everybody's.
        #expect(try actions("max") == ["bucket.create"])
        #expect(try actions("aud") == actions("ada"))
        #expect(try server.run("audit", "verify", as: "aud").exit == .code(0))
        #expect(try server.run("host", "list", as: "aud").exit == .code(0))
        for words in [["audit", "verify"], ["host", "list"]] {
            let refused = try server.gatehouse(words, server.environment(as: "max"))
            #expect(refused.exit == .code(1))
            #expect(
                refused.errors.hasPrefix(
                    "gatehouse: GATEHOUSE_TOKEN_FILE \(server.folder)/max.token: the token may not"))
            #expect(refused.errors.split(separator: "\n").count == 1)
        }
        #expect(try server.run("host", "enrol", "node-1", as: "aud").exit == .code(1))
    }

    @Test func `what is mistyped is one line that names it and the mend`() throws {
        let server = try RunningServer()
        let plain = try RunningServer(isInsecure: true)
        let port = server.address.split(separator: ":").last ?? ""
        _ = try server.file("wrong.token", "wrong-token-0123456789")
        _ = try server.file("empty.token", "\n")
        _ = try server.file("two.token", "one\ntwo\n")
        let token = server.folder + "/ada.token"
        let cases: [([String], Int32, String)] = [
            (["--server", "10.0.0.5:8440"], 2, "--server 10.0.0.5:8440: give https://NAME:PORT"),
            (["--server", "ftp://x"], 2, "--server ftp://x: give https://NAME:PORT"),
            (["--server", server.address, "--data", server.data], 2, "--server and --data: give one of them"),
            (
                ["--server", "https://127.0.0.1:1"], 1,
                "--server https://127.0.0.1:1: nobody answers (Connection refused); "
            ),
            (["--server", "http://127.0.0.1:\(port)"], 1, "a control plane speaks TLS, so give https://"),
            (
                ["--server", plain.address.replacing("http:", with: "https:")], 1,
                "no TLS is spoken there; give http://"
            ),
            (["--token-file", "/no/such"], 1, "--token-file /no/such: there is no such file"),
            (["--token-file", "/"], 1, "--token-file /: it cannot be read (read: Is a directory)"),
            (
                ["--token-file", server.folder + "/empty.token"], 1,
                "empty.token: it holds no token; put the token alone"
            ),
            (["--token-file", server.folder + "/two.token"], 1, "two.token: it holds no token; put the token alone"),
            (
                ["--token-file", server.folder + "/wrong.token"], 1,
                "does not know its token, or no longer; name a file"
            ),
            (["--authority", "/no/such"], 1, "--authority /no/such: there is no such file"),
            (["--authority", token], 1, "ada.token: it holds no certificate in PEM; name the server's authority.pem"),
        ]
        for (words, code, fault) in cases {
            let run = try server.gatehouse(["host", "list"] + words, server.environment())
            #expect(run.exit == .code(code), "\(words)")
            #expect(run.errors.contains(fault), "\(words): \(run.errors)")
            #expect(run.output.isEmpty)
            // Wrong usage is followed by what would be right.
            #expect(run.errors.split(separator: "\n").count == (code == 2 ? 3 : 1), "\(run.errors)")
        }
        let untrusted = try server.gatehouse(["host", "list"], Array(server.environment().dropLast()))
        #expect(
            untrusted.errors
                == "gatehouse: GATEHOUSE_SERVER \(server.address): its certificate is not trusted; give --authority FILE with "
                + "the authority.pem of the server's data folder, or set GATEHOUSE_AUTHORITY\n")
        let foreign = try RunningServer()
        let vouched = try server.gatehouse(["host", "list", "--authority", foreign.authority], server.environment())
        #expect(vouched.errors.contains("--authority \(foreign.authority): it does not vouch for \(server.address)"))
        let nobody = try server.gatehouse(["host", "list"], ["GATEHOUSE_SERVER=\(server.address)"])
        #expect(nobody.errors.contains("GATEHOUSE_SERVER \(server.address): who asks? give --token-file FILE, or set"))
        #expect(nobody.exit == .code(2))
        // Managing commands say the same.
        let managing = try server.gatehouse(["bucket", "list", "--token-file", "/no/such"], server.environment())
        #expect(managing.errors == "gatehouse: --token-file /no/such: there is no such file\n")
    }

    @Test func `a trail that was altered is found from afar too`() throws {
        let server = try RunningServer()
        #expect(try server.run("audit", "verify").exit == .code(0))
        try DatabaseQueue(path: server.data + "/registry.sqlite").write { database in
            try database.execute(
                sql: """
                    DROP TRIGGER audit_entry_is_not_edited;
                    UPDATE audit_entry SET targetName = 'x' WHERE sequence = 2
                    """)
        }
        let run = try server.run("audit", "verify")
        #expect(run.exit == .code(3))
        #expect(run.output == "entry 2 does not bear its own hash\n")
        // Who may seal is an administrator; what is sealed is told, and wrong no more.
        #expect(try server.run("audit", "seal", "--reason", "a-bad-disk", as: "aud").exit == .code(1))
        #expect(try server.run("audit", "seal", "--reason", "a-bad-disk").exit == .code(0))
        for source in [server.environment(), ["GATEHOUSE_SERVER_DATA=\(server.data)"]] {
            let sealed = try server.gatehouse(["audit", "verify"], source)
            #expect(sealed.exit == .code(0))
            #expect(sealed.output.contains("entry 2 does not bear its own hash (sealed by entry "))
            #expect(sealed.output.contains(" seals 2 to 2: ada, ") && sealed.output.contains(": a-bad-disk\n"))
        }
        let again = try server.run("audit", "seal", "--reason", "again")
        #expect(again.exit == .code(1) && again.errors.contains("there is nothing to seal"))
    }
}
