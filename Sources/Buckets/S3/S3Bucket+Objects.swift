import Crypto
import FoundationEssentials
import Model
import NIOHTTP1
import Synchronization

extension S3Bucket {
    package func put(_ objects: [NewObject]) async -> [Result<PutOutcome, BucketError>] {
        await withTaskGroup(of: Settled.self) { group in
            var outcomes: [Result<PutOutcome, BucketError>] = objects.map { _ in .success(.alreadyThere) }
            for (index, object) in objects.enumerated() {
                if index >= tuning.connections, let settled = await group.next() {
                    outcomes[settled.index] = settled.outcome
                }
                group.addTask { Settled(index: index, outcome: await self.outcome(of: object)) }
            }
            for await settled in group { outcomes[settled.index] = settled.outcome }
            return outcomes
        }
    }

    /// What became of one object of several.
    private struct Settled {
        let index: Int
        let outcome: Result<PutOutcome, BucketError>
    }

    private func outcome(of object: NewObject) async -> Result<PutOutcome, BucketError> {
        do throws(BucketError) { return .success(try await putOne(object)) } catch { return .failure(error) }
    }

    package func content(of key: String) async throws(BucketError) -> [UInt8]? {
        try ObjectKey.check(key)
        let answer = try await send(Request(key: key, limit: 1 << 30))
        if answer.status == 200 { return answer.body }
        let error = error(answer)
        if answer.status == 404, case .refused = error { return nil }
        throw error
    }

    package func delete(_ key: String) async throws(BucketError) {
        try ObjectKey.check(key)
        let answer = try await send(Request(method: .DELETE, key: key))
        guard [200, 204].contains(answer.status) else {
            let error = error(answer)
            if answer.status == 404, case .refused = error { return }
            throw error
        }
    }

    package func list(prefix: String, _ body: (ListedObject) -> Void) async throws(BucketError) {
        var token: String?
        repeat {
            var query = [(name: "list-type", value: "2"), (name: "prefix", value: location.prefix + prefix)]
            if let token { query.append((name: "continuation-token", value: token)) }
            let answer = try await send(Request(query: query, limit: 16 << 20))
            guard answer.status == 200 else { throw error(answer) }
            for entry in answer.text.elements("Contents") {
                guard let key = entry.text(of: "Key"), let size = entry.text(of: "Size").flatMap({ Int($0) }),
                    key.hasPrefix(location.prefix)
                else { continue }
                body(ListedObject(key: String(key.dropFirst(location.prefix.count)), size: size))
            }
            let isCut = answer.text.text(of: "IsTruncated") == "true"
            token = isCut ? answer.text.text(of: "NextContinuationToken") : nil
        } while token != nil
    }

    // MARK: One object

    /// The metadata field that tells an object's SHA-256.
    static let hashField = "x-amz-meta-sha256"

    /// Headers of an object with this content.
    func headers(_ object: NewObject, hash: String) -> [(name: String, value: String)] {
        [("content-type", object.contentType), (Self.hashField, hash)]
            + object.metadata.map { ("x-amz-meta-\($0.name)", $0.value) }
    }

    static func digest(_ content: [UInt8]) -> (name: String, value: String) {
        ("content-md5", Data(Insecure.MD5.hash(data: content)).base64EncodedString())
    }

    private func putOne(_ object: NewObject) async throws(BucketError) -> PutOutcome {
        try ObjectKey.check(location.prefix + object.key)
        let hash = hexadecimal(SHA256.hash(data: object.content))
        guard object.content.count <= tuning.partBytes else {
            if try await isThere(object, hash: hash) { return .alreadyThere }
            return try await putInParts(object, hash: hash)
        }
        var request = Request(method: .PUT, key: object.key)
        request.headers = headers(object, hash: hash) + [Self.digest(object.content)]
        request.body = object.content
        if putsConditionally.load(ordering: .relaxed) {
            var conditional = request
            conditional.headers.append(("if-none-match", "*"))
            let answer = try await send(conditional)
            switch answer.status {
            case 200: return .written
            case 412:
                if try await isThere(object, hash: hash) { return .alreadyThere }
                throw .unavailable(bucket: name, reason: "an object came and went", retryAfter: nil)
            case 501: putsConditionally.store(false, ordering: .relaxed)
            default: throw error(answer)
            }
        }
        if try await isThere(object, hash: hash) { return .alreadyThere }
        let answer = try await send(request)
        guard answer.status == 200 else { throw error(answer) }
        return .written
    }

    /// Whether the object is there already; an error where another is.
    func isThere(_ object: NewObject, hash: String) async throws(BucketError) -> Bool {
        let answer = try await send(Request(method: .HEAD, key: object.key))
        switch answer.status {
        case 404: return false
        case 200: break
        default: throw error(answer)
        }
        if let present = answer.headers.first(name: Self.hashField) {
            if present == hash { return true }
        } else if try await content(of: object.key) == object.content {
            return true
        }
        throw .differentContent(key: object.key, bucket: name)
    }

    /// What the service tells with an object, by field name without `x-amz-meta-`; nil where there is no object.
    package func metadata(of key: String) async throws(BucketError) -> [String: String]? {
        let answer = try await send(Request(method: .HEAD, key: key))
        guard answer.status == 200 else {
            if answer.status == 404 { return nil }
            throw error(answer)
        }
        var fields: [String: String] = [:]
        for header in answer.headers where header.name.lowercased().hasPrefix("x-amz-meta-") {
            fields[header.name.lowercased().dropFirst("x-amz-meta-".count).description] = header.value
        }
        return fields
    }
}
