extension Bucket {
    /// Puts an object into the bucket and takes it away again.
    ///
    /// - Parameters:
    ///   - name: What no other trial is called: hexadecimal digits and hyphens.
    ///   - asker: Who must be able to write, as the mend names it: `the server`.
    /// - Returns: what failed and how it is mended; nil when the object went in and out.
    package func trial(_ name: String, by asker: String) async -> String? {
        let key = ".gatehouse-probe-\(name)"
        do throws(BucketError) {
            try await put(Array("gatehouse".utf8), key: key)
        } catch {
            // The kernel's words say what failed, not how it is mended.
            let isKernels = if case .system = error { true } else { false }
            return "no object can be put: \(error)"
                + (isKernels ? "; make it a folder that \(asker) may write to, on a disk with room" : "")
        }
        do throws(BucketError) {
            try await delete(key)
            return nil
        } catch {
            return "object \(key) went in and cannot be removed (\(error)); give the right to, and remove it"
        }
    }
}
