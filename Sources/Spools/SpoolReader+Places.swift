package import Host

extension SpoolReader {
    /// Records that lie so near each other are read with one call: what is between costs less than another.
    private static let nearBytes = 4096
    private static let readBytes = 1 << 18

    /// Copies encoded records that a pass has met, without another pass.
    ///
    /// * `segment`: the number in the segment's name.
    /// * `offsets`: where the records lie in its file, rising.
    /// * `body`: is given the index of an offset, and the record's bytes. It is not called where the segment is gone.
    package func copyRecords(
        of segment: UInt64, at offsets: some RandomAccessCollection<Int>, _ body: (Int, ArraySlice<UInt8>) -> Void
    ) throws(SystemError) {
        let file: Descriptor
        do throws(SystemError) {
            file = try DurableFile.open(path(of: segment), flags: 0)
        } catch {
            guard error.code == SystemError.noSuchFile else { throw error }
            return
        }
        var bytes = [UInt8](repeating: 0, count: Self.readBytes)
        var done = 0
        var rest = offsets[...]
        while let start = rest.first {
            var end = start + RecordCodec.observedSize
            let run = rest.prefix { offset in
                guard offset < end + Self.nearBytes, offset + RecordCodec.observedSize - start <= bytes.count else {
                    return false
                }
                end = offset + RecordCodec.observedSize
                return true
            }
            let read = try file.read(end - start, from: start, into: &bytes)
            for offset in run {
                let place = offset - start
                if place + RecordCodec.size <= read {
                    let length = RecordCodec.length(bytes, at: place)
                    if place + length <= read { body(done, bytes[place..<(place + length)]) }
                }
                done += 1
            }
            rest = rest[run.endIndex...]
        }
    }
}
