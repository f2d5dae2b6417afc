import CHost

/// A file that is locked for one process alone, for as long as the value lives.
package struct FileLock: ~Copyable, Sendable {
    let file: Descriptor

    init(_ file: consuming Descriptor) { self.file = file }

    deinit {
        // Closing would not do: a program that is just being started still has a copy of the descriptor.
        _ = gh_unlock(file.number)
    }
}
