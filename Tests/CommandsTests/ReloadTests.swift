import Foundation
import Host
import Server
import Service
import TestSupport
import Testing

@testable import Commands

/// SIGHUP takes up what an operator has changed, while the server runs.
@Suite(.ownThread) struct ReloadTests {
    /// Puts a certificate of another authority in the server's place, good for so many days from an hour ago.
    private func putCertificate(_ server: RunningServer, of authority: Certificates, days: Double = 30) throws {
        let issued = try authority.issueServer(names: ["localhost"], addresses: [[127, 0, 0, 1]], days: days)
        try DurableFile.replace(server.data + "/server.pem", with: Array(issued.certificatePEM.utf8))
        try DurableFile.replace(server.data + "/server.key", with: Array(issued.keyPEM.utf8))
    }

    private func listing(_ server: RunningServer, trusting authority: String) throws -> ChildProcess.Exit {
        try server.gatehouse(["host", "list", "--authority", authority], server.environment()).exit
    }

    @Test func `a renewed certificate is shown to who comes, and who is there stays`() throws {
        let server = try RunningServer()
        let other = try Certificates()
        let otherFile = try server.file("other.pem", try other.authorityPEM)
        #expect(try listing(server, trusting: otherFile) == .code(1))
        let connection = try OpenConnection(server)
        try connection.ask()
        try putCertificate(server, of: other)
        try server.hangUp(until: "server.pem: taken, good until ")
        #expect(try listing(server, trusting: otherFile) == .code(0))
        #expect(try listing(server, trusting: server.authority) == .code(1))
        // By the same connection as before, with the former certificate.
        try connection.ask()
        #expect(connection.answers == 2)
    }

    @Test func `a certificate that OpenSSL made with the folder's authority is the operator's, and stays`() throws {
        let server = try RunningServer()
        let (pem, key) = (server.data + "/server.pem", server.data + "/server.key")
        // As OpenSSL writes it: the curve's parameters come before the key.
        try TestHost.run("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-out", key)
        let request = server.folder + "/request"
        try TestHost.run("openssl", "req", "-new", "-key", key, "-subj", "/CN=own", "-out", request)
        let names = try server.file("names", "subjectAltName=IP:127.0.0.1")
        try TestHost.run(
            "openssl", "x509", "-req", "-in", request, "-CA", server.authority, "-CAkey",
            server.data + "/authority.key",
            "-CAcreateserial", "-CAserial", server.folder + "/serial", "-days", "7", "-extfile", names, "-out", pem)
        let own = try DurableFile.read(pem)
        try server.hangUp(until: "server.pem: taken, good until ")
        #expect(try DurableFile.read(pem) == own)
        #expect(try listing(server, trusting: server.authority) == .code(0))
    }

    @Test func `a certificate with a fault is told and not taken`() throws {
        let server = try RunningServer()
        let other = try Certificates()
        let fault = "certificate \(server.data)/server.pem: not taken: "
        try putCertificate(server, of: other, days: -0.01)
        try server.hangUp(until: fault + "it expired at ")
        try putCertificate(server, of: other)
        let stranger = try other.issueServer(names: ["localhost"], addresses: []).keyPEM
        try DurableFile.replace(server.data + "/server.key", with: Array(stranger.utf8))
        try server.hangUp(until: fault + "\(server.data)/server.key: it is not the key of the certificate in ")
        try DurableFile.replace(server.data + "/server.key", with: Array("nonsense".utf8))
        try server.hangUp(until: fault + "\(server.data)/server.key: it holds no private key in PEM")
        try DurableFile.remove(server.data + "/server.key")
        try server.hangUp(until: fault + "\(server.data)/server.key: there is no such file beside ")
        try DurableFile.replace(server.data + "/server.pem", with: Array("nonsense".utf8))
        try DurableFile.replace(server.data + "/server.key", with: Array(stranger.utf8))
        try server.hangUp(until: fault + "it holds no certificate in PEM")
        #expect(try listing(server, trusting: server.authority) == .code(0))
    }

    @Test func `each file is taken for itself, whatever is wrong with the others`() throws {
        let server = try RunningServer()
        _ = try server.file("new.token", "new-token-0123456789")
        let grown =
            RunningServer.people + "  - {name: new, token_file: new.token, user: max, project: demo}\n"
        _ = try server.file("first.yaml", grown)
        _ = try server.file("policy.json", #"{"get_host": "role:admin or"}"#)
        #expect(try server.run("host", "list", as: "max").exit == .code(1))
        try server.hangUp(until: "server.pem: taken")
        #expect(
            server.log.contains(
                "policy file \(server.folder)/policy.json: not taken: line 1: get_host: a rule ends too early; "))
        #expect(server.log.contains("bootstrap file \(server.folder)/first.yaml: taken\n"))
        #expect(try server.run("bucket", "list", as: "new").exit == .code(0))
        _ = try server.file("policy.json", #"{"get_host": "role:manager"}"#)
        _ = try server.file("first.yaml", "projects: [\n")
        try server.hangUp(until: "server.pem: taken")
        #expect(server.log.contains("policy file \(server.folder)/policy.json: taken\n"))
        #expect(server.log.contains("bootstrap file \(server.folder)/first.yaml: not taken: line "))
        #expect(try server.run("host", "list", as: "new").exit == .code(0))
        // What a file no longer names stays.
        _ = try server.file("first.yaml", "projects: [{name: demo}]\n")
        try server.hangUp(until: "first.yaml: taken")
        #expect(try server.run("host", "list", as: "new").exit == .code(0))
        try DurableFile.remove(server.folder + "/first.yaml")
        try server.hangUp(until: "first.yaml: not taken: there is no such file")
        #expect(try server.isRunning())
        // Nothing was changed by reading the same again.
        let entries = try server.run("audit", "-o", "jsonl", "--action", "token.create").output
        #expect(entries.split(separator: "\n").count == 4)
    }

    @Test func `check-config says of each file what is wrong, and makes nothing`() throws {
        let server = try RunningServer()
        let other = try Certificates()
        let words = [
            "serve", "--check-config", "--data", server.data, "--bootstrap", server.folder + "/first.yaml",
            "--policy-file", server.folder + "/policy.json",
        ]
        let whole = try server.gatehouse(words, [])
        #expect(whole.exit == .code(0))
        #expect(whole.errors.hasSuffix("nothing wrong, made here\nnothing wrong\n"), "\(whole.errors)")
        try putCertificate(server, of: other)
        #expect(try server.gatehouse(words, []).errors.contains("server.pem: nothing wrong, good until "))
        try putCertificate(server, of: other, days: -0.01)
        _ = try server.file("first.yaml", "users: [{name: x, wibble: 1}]")
        _ = try server.file("policy.json", "[]")
        let broken = try server.gatehouse(words, [])
        #expect(broken.exit == .code(1))
        let lines = broken.errors.split(separator: "\n")
        #expect(lines.count == 3)
        #expect(lines.first?.contains("policy.json: line 1: a list where a mapping is wanted; write ") == true)
        #expect(lines.dropFirst().first?.contains("first.yaml: line 1: users[0]: unknown key \"wibble\"; ") == true)
        #expect(lines.last?.contains("server.pem: it expired at ") == true)
        let fresh = server.folder + "/fresh"
        let none = try server.gatehouse(["serve", "--check-config", "--data", fresh], [])
        #expect(none.errors == "certificate \(fresh)/server.pem: none yet; the start makes one\nnothing wrong\n")
        #expect(!DurableFile.exists(fresh))
    }
}

/// One TLS connection that stays open between its requests.
private final class OpenConnection {
    private let process: ChildProcess
    private let input = Pipe()
    private let output: String
    private let address: String

    /// How many answers have come.
    var answers: Int {
        let text = (try? String(contentsOfFile: output, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "HTTP/1.1 200 OK").count - 1
    }

    init(_ server: RunningServer) throws {
        output = server.folder + "/connection"
        address = server.address.replacing("https://", with: "")
        let file = try DurableFile.openForAppending(output)
        var options = ChildProcess.Options()
        options.standard = [input.fileHandleForReading.fileDescriptor, file.number, file.number]
        options.diesWithParent = true
        process = try ChildProcess(
            "openssl", ["s_client", "-quiet", "-connect", address, "-CAfile", server.authority], options: options)
    }

    deinit {
        process.kill()
        _ = try? process.wait()
    }

    /// Asks once more, and waits for the answer.
    func ask() throws {
        let wanted = answers + 1
        try input.fileHandleForWriting.write(contentsOf: Data("GET /health HTTP/1.1\r\nHost: \(address)\r\n\r\n".utf8))
        try eventually("answer \(wanted)") { answers >= wanted }
    }
}
