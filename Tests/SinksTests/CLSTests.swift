import Foundation
import Host
import Link
import Model
import TestSupport
import Testing

@testable import Sinks

/// Tencent's log service: its worked examples, and a strict stand-in.
@Suite struct CLSTests {
    private static let topic = "11111111-2222-4333-8444-555555555555"
    private static let keys = (id: "AKIDexample00000000000000000000000", key: "exampleSecretKey0000000000000000")

    @Test func `the signature is the vendor's`() {
        let signed = CLSSignature(secretID: Self.keys.id, secretKey: Self.keys.key).authorization(
            host: "ap-guangzhou.cls.tencentcs.com", topic: Self.topic, contentType: "application/x-protobuf",
            start: 1_764_500_000, end: 1_764_500_300)
        #expect(signed.hasSuffix("&q-signature=2285646e221e6440524aceb9a38662e029332bfb"))
        #expect(signed.hasPrefix("q-sign-algorithm=sha1&q-ak=\(Self.keys.id)&q-sign-time=1764500000;1764500300&"))
    }

    @Test func `a message is the vendor's, byte for byte`() {
        var group = ProtobufWriter()
        group.message(1) { log in
            log.number(1, 1_764_500_000_123)
            for (key, value) in [("src_ip", "10.1.1.10"), ("strategy", "1")] {
                log.message(2) { pair in
                    pair.text(1, key)
                    pair.text(2, value)
                }
            }
        }
        group.text(4, "gw-01")
        var list = ProtobufWriter()
        list.text(1, group.bytes)
        #expect(
            hexadecimal(list.bytes)
                == "0a340a2b08fb9a95a3ad3312130a067372635f6970120931302e312e312e3130120d0a087374726174656779120131220567772d3031"
        )
    }

    @Test(arguments: [0, 1, 12, 13, 14, 15, 16, 17, 64, 300, 4096, 70_000, 300_000])
    func `a block is read back`(_ count: Int) throws {
        var generator = SplitMix64(seed: UInt64(count))
        let random = (0..<count).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let words = Array(String(repeating: "src_ip 10.1.1.10 strategy 1 ", count: count / 28 + 1).utf8).prefix(count)
        let mixed = (0..<count).map { UInt8($0 / 97 % 7) &* UInt8.random(in: 0...1, using: &generator) }
        for input in [random, Array(words), mixed, [UInt8](repeating: 7, count: count)] {
            #expect(try LZ4Reader.decompress(LZ4Block.compress(input)) == input)
        }
        if count > 4000 { #expect(LZ4Block.compress(Array(words)).count < count / 10) }
    }

    /// Checks signature, form and limits as the service does, and answers in its words.
    private static func service(
        _ key: @escaping @Sendable () -> String, _ rows: [Int: (Int, String)] = [:]
    ) throws -> HTTPReceiver {
        try HTTPReceiver { request, number in
            func refuse(_ status: Int, _ code: String) -> HTTPReceiver.Answer {
                .init(
                    status: status, headers: [("x-cls-requestid", "r\(number)")],
                    body: "{\"errorcode\":\"\(code)\",\"errormessage\":\"m\"}")
            }
            guard request.path == "/structuredlog?topic_id=\(topic)" else { return refuse(404, "TopicNotExist") }
            let span =
                (request.headers["authorization"] ?? "").split(separator: "q-sign-time=").last?
                .split(separator: "&").first?.split(separator: ";").compactMap { Int64($0) } ?? []
            guard span.count == 2, request.headers["content-type"] == "application/x-protobuf" else {
                return refuse(400, "InvalidAuthorization")
            }
            let wanted = CLSSignature(secretID: keys.id, secretKey: key()).authorization(
                host: request.headers["host"] ?? "", topic: topic, contentType: "application/x-protobuf",
                start: span[0],
                end: span[1])
            guard request.headers["authorization"] == wanted else { return refuse(401, "AuthFailure.SignatureFailure") }
            guard request.headers["x-cls-compress-type"] == "lz4", let body = try? LZ4Reader.decompress(request.sent),
                !logs(body).isEmpty
            else { return refuse(400, "InvalidContent") }
            if let row = rows[number] { return refuse(row.0, row.1) }
            return .init()
        }
    }

    /// The logs of a `LogGroupList`: their contents by key.
    private static func logs(_ body: [UInt8]) -> [[String: String]] {
        func fields(_ bytes: ArraySlice<UInt8>, _ number: Int) -> [ArraySlice<UInt8>] {
            var (reader, found) = (ProtobufReader(bytes), [ArraySlice<UInt8>]())
            while let field = reader.next() {
                if field.number == number, case .bytes(let value) = field.value { found.append(value) }
            }
            return found
        }
        func text(_ bytes: ArraySlice<UInt8>, _ number: Int) -> String {
            fields(bytes, number).first.map { String(decoding: $0, as: UTF8.self) } ?? ""
        }
        return fields(body[...], 1).flatMap { fields($0, 1) }.map { log in
            Dictionary(fields(log, 2).map { (text($0, 1), text($0, 2)) }) { first, _ in first }
        }
    }

    private static func sink(_ receiver: HTTPReceiver, _ file: String) throws -> Sink {
        try SinkRig.sink(.cls, receiver.url) {
            $0.secretFile = file
            $0.topic = topic
        }
    }

    private static func pair(_ key: String) -> String { "access_key = \(keys.id)\nsecret_key = \(key)\n" }

    @Test func `each answer is met as its row says`() async throws {
        let receiver = try Self.service(
            { Self.keys.key },
            [0: (500, "InternalError"), 1: (429, "SpeedQuotaExceed"), 2: (403, "LogSizeExceed"), 3: (413, "TooLarge")])
        try await withRig { rig in
            rig.adopt([try Self.sink(receiver, try rig.secret(Self.pair(Self.keys.key)))])
            try rig.write(events: 1...8)
            try await rig.waitUntil("taken") { $0.taken == 8 }
            #expect(receiver.requests[0].sent == receiver.requests[1].sent)
            #expect(receiver.requests[1].sent == receiver.requests[2].sent)
            let logs = Self.logs(try LZ4Reader.decompress(receiver.requests[0].sent))
            #expect(logs.map { $0["record_id"] } == (1...8).map { "gw-01:event:\($0)" })
            #expect(logs[0]["time"] == "1795168801000" && logs[0]["src_ip"] == "203.0.113.7")
            #expect(logs[0]["protocol"] == "TCP" && logs[0]["direction"] == "1")
            #expect(logs.allSatisfy { $0.keys.allSatisfy { !$0.hasPrefix("_") && !$0.isEmpty } })
        }
        try await receiver.close()
    }

    @Test func `a key that is exchanged loses nothing`() async throws {
        let receiver = try Self.service { "another-key" }
        try await withRig { rig in
            rig.adopt([try Self.sink(receiver, try rig.secret(Self.pair(Self.keys.key)))])
            try rig.write(events: 1...5)
            let held = try await rig.waitUntil("held") { $0.state == .held }
            #expect(held.problem?.contains("AuthFailure.SignatureFailure") == true)
            #expect(held.problem?.contains("request r0") == true)
            #expect(held.problem?.contains(Self.keys.key) == false)
            try rig.write(events: 6...9)
            _ = try rig.secret(Self.pair("another-key"))
            try await rig.waitUntil("taken") { $0.taken == 9 && $0.refused == 0 && $0.lost == 0 }
        }
        try await receiver.close()
    }

    @Test(arguments: [(404, "TopicNotExist"), (403, "AccountArrears"), (400, "TopicClosed")])
    func `what somebody has to mend holds the sink`(_ status: Int, _ code: String) async throws {
        let receiver = try Self.service({ Self.keys.key }, [0: (status, code)])
        try await withRig { rig in
            rig.adopt([try Self.sink(receiver, try rig.secret(Self.pair(Self.keys.key)))])
            try rig.write(events: 1...5)
            try await rig.waitUntil("held") { $0.state == .held && $0.problem?.contains(code) == true }
            _ = try rig.service.answer(.resume, of: "siem")
            try await rig.waitUntil("taken after resume") { $0.taken == 5 && $0.refused == 0 }
        }
        try await receiver.close()
    }

    @Test func `a log that is invalid alone is a dead letter`() async throws {
        let receiver = try Self.service({ Self.keys.key }, [0: (400, "InvalidContent"), 1: (400, "InvalidContent")])
        try await withRig { rig in
            rig.adopt([try Self.sink(receiver, try rig.secret(Self.pair(Self.keys.key)))])
            try rig.write(events: 1...2)
            try await rig.waitUntil("one taken, one refused") {
                $0.taken == 1 && $0.refused == 1 && $0.deadLetters == 1
            }
        }
        try await receiver.close()
    }
}

/// Reads raw blocks of LZ4, strictly.
enum LZ4Reader {
    struct Malformed: Error {}

    static func decompress(_ input: [UInt8]) throws -> [UInt8] {
        var (output, index) = ([UInt8](), 0)
        func byte() throws -> Int {
            guard index < input.count else { throw Malformed() }
            defer { index += 1 }
            return Int(input[index])
        }
        func length(_ first: Int) throws -> Int {
            guard first == 15 else { return first }
            var (sum, next) = (15, 255)
            while next == 255 {
                next = try byte()
                sum += next
            }
            return sum
        }
        while index < input.count {
            let token = try byte()
            let literals = try length(token >> 4)
            guard index + literals <= input.count else { throw Malformed() }
            output += input[index..<(index + literals)]
            index += literals
            if index == input.count { return output }
            let distance = try byte() | byte() << 8
            guard distance > 0, distance <= output.count else { throw Malformed() }
            for _ in 0..<(try length(token & 15) + 4) { output.append(output[output.count - distance]) }
        }
        throw Malformed()
    }
}
