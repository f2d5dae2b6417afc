import CHost

/// Hints about memory that is read at random. They change the speed and nothing else.
package enum MemoryHints {
    /// Asks for large pages for all that the array has capacity for; to be called before it is filled.
    ///
    /// A table of many megabytes in small pages costs a walk through the page tables with each random read.
    package static func wantLargePages<Element>(_ array: [Element]) {
        unsafe array.withUnsafeBytes {
            unsafe gh_want_large_pages($0.baseAddress, array.capacity * MemoryLayout<Element>.stride)
        }
    }

    /// Keeps memory that threads have freed in few places, where all can use it again; to be called first of all.
    ///
    /// With an arena for each thread a server's memory is the sum of what each thread ever had at once.
    package static func keepFewArenas() { gh_keep_few_arenas() }

    /// Gives memory that is not in use back to the system; costs some milliseconds.
    package static func giveBack() { gh_give_memory_back() }

    /// Begins to fetch elements that will be read or written soon: of each its first and its last byte.
    ///
    /// Many in one call, for a call for each would cost about as much as the read that it hides.
    package static func prefetch<Element: BitwiseCopyable>(_ array: [Element], at indexes: ArraySlice<Int>) {
        let stride = MemoryLayout<Element>.stride
        unsafe indexes.withUnsafeBufferPointer {
            unsafe gh_prefetch(array, stride, $0.baseAddress, $0.count)
        }
    }
}
