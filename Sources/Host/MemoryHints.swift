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
