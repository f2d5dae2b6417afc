import Buckets
import Crypto
import Model

extension CollectorDelivery {
    /// Writes the manifests of an hour that is over, before anything of the next is delivered.
    func sealHour(
        before hour: Int64, _ progress: DeliveryState.Progress, bucket location: String
    ) async throws(DeliveryError) {
        guard let open = progress.openHour, open < hour else { return }
        let journal = journal(location)
        let key = try manifestKey()
        var links = progress.manifests
        let parts = try await onDisk { try journal.parts() }
        for part in 0..<parts {
            let byInterface = try await onDisk { try journal.objects(of: open, part: part, of: parts) }
            if byInterface.isEmpty { continue }
            let target = try bucket(location)
            let manifests = byInterface.keys.sorted().map { interface in
                let objects = byInterface[interface] ?? []
                let first = objects.map(\.end).min() ?? Timestamp(hours: open)
                return Manifest(
                    interface: interface, hour: open, chain: first, after: links[interface], objects: objects)
            }
            let (files, keys) = try await signed(manifests, key)
            for ((manifest, file), result) in zip(zip(manifests, files), await target.put(files)) {
                let content = try await settleManifest(result, file, target, keys)
                links[manifest.interface] = DeliveryState.Link(
                    number: manifest.number, hash: hexadecimal(SHA256.hash(data: content)), chain: manifest.chain)
            }
        }
        let sealed = links
        try await ledger.update(location) { progress in
            progress.manifests = sealed
            progress.openHour = nil
        }
        try await onDisk { try journal.empty() }
    }

    /// The files of manifests, and the keys that such files are signed with now.
    private func signed(
        _ manifests: [Manifest], _ own: ManifestKey
    ) async throws(DeliveryError) -> ([NewObject], [ManifestKey.Public]) {
        let lines = try await onDisk { try manifests.map { try $0.line() } }
        let others = await signer?.signatures(of: lines) ?? lines.map { _ in nil }
        let files = try await onDisk {
            try zip(manifests, zip(lines, others)).map { manifest, signed in
                let (line, other) = signed
                let content =
                    try other.map { try Manifest.file(line, $0.signature, by: $0.key.text) }
                    ?? Manifest.file(line, try own.sign(line), by: own.publicText)
                return NewObject(key: manifest.key, content: content, contentType: "application/json")
            }
        }
        let keys = [ManifestKey.Public(own.publicText)].compactMap(\.self) + others.compactMap { $0?.key }.prefix(1)
        return (files, keys)
    }

    /// The manifest as it is in the bucket: what lies under its key already may say the same in other bytes, or more.
    private func settleManifest(
        _ result: Result<PutOutcome, BucketError>, _ file: NewObject, _ target: any Bucket,
        _ keys: [ManifestKey.Public]
    ) async throws(DeliveryError) -> [UInt8] {
        do throws(BucketError) {
            _ = try result.get()
            return file.content
        } catch {
            guard case .differentContent = error, let present = try? await target.content(of: file.key),
                (try? Manifest(present, confirmedBy: keys)) != nil
            else { throw .bucket(error) }
            return present
        }
    }

    /// An object that is in its bucket now, with the bytes that are there.
    struct Delivered {
        let rendered: RenderedObject
        let content: [UInt8]
    }

    /// Notes what was delivered, for the hour's manifest.
    func note(_ delivered: [Delivered], bucket location: String) async throws(DeliveryError) {
        let lines = delivered.map { delivered in
            let (rendered, span) = (delivered.rendered, delivered.rendered.planned.span)
            return ManifestJournal.Line(
                interface: span.interface.description, hour: span.end.hour,
                object: .init(
                    key: rendered.object.key, size: delivered.content.count,
                    sha256: hexadecimal(SHA256.hash(data: delivered.content)), start: span.start, end: span.end,
                    records: rendered.records, first: rendered.first, last: rendered.last, hasLoss: rendered.hasLoss))
        }
        let journal = journal(location)
        try await onDisk { try journal.append(lines) }
    }

    private func journal(_ location: String) -> ManifestJournal {
        ManifestJournal(bucket: location, folder: "\(configuration.dataFolder)/manifest-journals")
    }

    private func manifestKey() throws(DeliveryError) -> ManifestKey {
        do {
            return try ManifestKey(file: "\(configuration.dataFolder)/manifest.key")
        } catch {
            throw .manifest("\(error)")
        }
    }

    private func onDisk<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws(DeliveryError) -> Value {
        try await onBlockingThread { () throws(DeliveryError) in
            do { return try body() } catch { throw .manifest("\(error)") }
        }
    }
}
