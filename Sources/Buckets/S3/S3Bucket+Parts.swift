import Model
import NIOHTTP1

/// Objects in parts (multipart upload): the object is there when the last call has been answered, or not at all.
extension S3Bucket {
    func putInParts(_ object: NewObject, hash: String) async throws(BucketError) -> PutOutcome {
        do throws(BucketError) {
            var begin = Request(method: .POST, key: object.key, query: [("uploads", "")])
            begin.headers = headers(object, hash: hash)
            let answer = try await send(begin)
            guard answer.status == 200, let upload = answer.text.text(of: "UploadId") else { throw error(answer) }
            var tags: [String] = []
            for start in stride(from: 0, to: object.content.count, by: tuning.partBytes) {
                let part = object.content[start..<min(start + tuning.partBytes, object.content.count)]
                tags.append(try await put(Array(part), number: tags.count + 1, of: object.key, upload))
            }
            try await complete(object, hash: hash, upload, tags)
        } catch {
            await takeBackUploads(of: object.key)
            throw error
        }
        await takeBackUploads(of: object.key)
        return .written
    }

    /// Removes parts that no object was made of, which would be paid for until somebody finds them: those of this attempt, of
    /// one that a crash ended, and of a begin whose answer was lost. What fails here is left for the next attempt.
    private func takeBackUploads(of key: String) async {
        let query = [(name: "uploads", value: ""), (name: "prefix", value: location.prefix + key)]
        guard let answer = try? await send(Request(query: query)), answer.status == 200 else { return }
        for upload in answer.text.elements("Upload") where upload.text(of: "Key") == location.prefix + key {
            guard let id = upload.text(of: "UploadId") else { continue }
            _ = try? await send(Request(method: .DELETE, key: key, query: [("uploadId", id)]))
        }
    }

    private func put(
        _ part: [UInt8], number: Int, of key: String, _ upload: String
    ) async throws(BucketError) -> String {
        var request = Request(method: .PUT, key: key, query: [("partNumber", "\(number)"), ("uploadId", upload)])
        request.headers = [Self.digest(part)]
        request.body = part
        let answer = try await send(request)
        guard answer.status == 200, let tag = answer.headers.first(name: "etag") else { throw error(answer) }
        return tag
    }

    private func complete(
        _ object: NewObject, hash: String, _ upload: String, _ tags: [String]
    ) async throws(BucketError) {
        let parts = tags.enumerated().map {
            "<Part><PartNumber>\($0.offset + 1)</PartNumber><ETag>\($0.element)</ETag></Part>"
        }
        var request = Request(method: .POST, key: object.key, query: [("uploadId", upload)])
        request.body = Array("<CompleteMultipartUpload>\(parts.joined())</CompleteMultipartUpload>".utf8)
        let answer = try await send(request)
        // A failure may come as an error within 200, for the service answers before it is done.
        if answer.status == 200, answer.text.elements("Error").isEmpty { return }
        // An earlier attempt whose answer was lost has completed it.
        if answer.status == 404, try await isThere(object, hash: hash) { return }
        if answer.status == 200 {
            let code = answer.text.text(of: "Code") ?? ""
            throw .unavailable(bucket: name, reason: "completing parts: \(code)", retryAfter: nil)
        }
        throw error(answer)
    }
}
