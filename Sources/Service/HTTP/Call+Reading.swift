import Dispatch
import HTTPTypes
import Link
import Model

/// The one place where what callers send becomes text and values: what comes from here has no NUL, no half of a surrogate pair
/// and no more values than `Limit` says, whichever API reads it. A fault is a 400 that names the field.
extension Call {
    /// Reads the body as JSON.
    package func document() throws(Refusal) -> JSON {
        do throws(JSONFault) {
            return try (reading ?? Self.read(body)).get()
        } catch {
            throw .badRequest("\(Self.bodyWords)\(error)")
        }
    }

    /// What refusals of a body as a whole begin with.
    private static let bodyWords = "The body cannot be read: "

    /// Reads the body as one of the messages that Gatehouse's own programs send; what is none of them is a 400.
    package func message<Message: Decodable & Sendable>(as _: Message.Type = Message.self) async throws -> Message {
        _ = try document()
        let body = body
        return try await Self.aside(body.count) {
            do {
                return try ControlCodec.decode(body, as: Message.self)
            } catch {
                throw Refusal.badRequest("\(Self.bodyWords)\(Self.words(error))")
            }
        }
    }

    /// Reads the body as a form's pairs; of two with one name the first counts.
    package func form() throws(Refusal) -> [String: String] {
        guard let text = String(validating: body, as: UTF8.self), let pairs = QueryText.pairs(text) else {
            throw .badRequest("\(Self.bodyWords)it is no form of percent-encoded UTF-8")
        }
        for (key, value) in pairs { try Self.check(value, of: Limit.textOfEntry.cut(key)) }
        return Dictionary(pairs.map { ($0.key, $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    /// Throws where a text has a NUL.
    ///
    /// * `field`: how the refusal names it.
    package static func check(_ text: some StringProtocol, of field: String) throws(Refusal) {
        guard text.utf8.contains(0) else { return }
        throw .badRequest("\(field.replacing("\u{0}", with: "␀")): it has a NUL character; leave it out")
    }

    /// Throws where path, query or headers have a text that is not taken.
    package func checkText() throws(Refusal) {
        for part in path { try Self.check(part, of: "path") }
        for (key, value) in query {
            try Self.check(key, of: "query")
            try Self.check(value, of: "query parameter \(Limit.textOfEntry.cut(key))")
        }
        for field in headers { try Self.check(field.value, of: "header \(field.name)") }
    }

    // MARK: Aside

    /// A long body, read on a thread that keeps nobody waiting; the call as it was when the body is short.
    package func readAside() async -> Call {
        // What is no JSON is found out by its first byte.
        guard body.count > Limit.strangerBody.bound, [UInt8(ascii: "{"), UInt8(ascii: "[")].contains(body[0]) else {
            return self
        }
        let body = body
        var call = self
        call.reading = await Self.aside(body.count) { Self.read(body) }
        return call
    }

    private static func read(_ bytes: [UInt8]) -> Result<JSON, JSONFault> {
        Result { () throws(JSONFault) -> JSON in try JSONReader.read(bytes, .callers) }
    }

    private static let queue = DispatchQueue(label: "gatehouse.reading")

    /// Does what is long for a body of so many bytes where it holds no other call up.
    private static func aside<Value: Sendable>(
        _ bytes: Int, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        guard bytes > Limit.strangerBody.bound else { return try body() }
        return try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result(catching: body)) }
        }
    }

    private static func aside<Value: Sendable>(_ bytes: Int, _ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }

    /// What a decoder says, with the path of the value.
    private static func words(_ error: any Error) -> String {
        guard let error = error as? DecodingError else { return "\(error)" }
        let context: DecodingError.Context =
            switch error {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context): context
            case .keyNotFound(let key, let context):
                DecodingError.Context(
                    codingPath: context.codingPath + [key], debugDescription: "it is missing")
            @unknown default: DecodingError.Context(codingPath: [], debugDescription: "it is none of what is wanted")
            }
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return Limit.reasonOfEntry.cut(path.isEmpty ? context.debugDescription : "\(path): \(context.debugDescription)")
    }
}
