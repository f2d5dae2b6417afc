import Zstd

/// Takes pages apart: header, checksum, compression, levels.
struct PageReader {
    /// A page's bytes, ready to be decoded.
    struct Page {
        let header: PageHeader
        /// 1 where a value is there; nil where all are.
        let presence: [UInt8]?
        let presentCount: Int
        let values: ArraySlice<UInt8>
    }

    let column: Column
    let codec: Codec
    let limit: Int
    private let decompressor: Decompressor?

    init(_ column: Column, _ codec: Codec, limit: Int) throws(ParquetError) {
        self.column = column
        self.codec = codec
        self.limit = limit
        switch codec {
        case .uncompressed, .snappy: decompressor = nil
        case .zstd:
            do {
                decompressor = try Decompressor()
            } catch {
                throw ParquetError(.system, "zstd: \(error)")
            }
        case .gzip, .lzo, .brotli, .lz4, .lz4Raw: throw ParquetError(.unsupported, "pages compressed by \(codec)")
        }
    }

    /// Reads the page that begins at `index` and moves `index` behind it; it may have at most `most` values.
    func next(_ bytes: ArraySlice<UInt8>, _ index: inout Int, most: Int) throws(ParquetError) -> Page {
        var reader = CompactReader(bytes[index...])
        let header = try PageHeader(&reader)
        let start = reader.index
        guard header.compressedSize <= bytes.endIndex - start else {
            let left = bytes.endIndex - start
            throw .malformed("a page of \(header.compressedSize) bytes is announced, and \(left) left")
        }
        guard header.uncompressedSize <= limit else {
            throw ParquetError(.tooLarge, "a page of \(header.uncompressedSize) bytes; the bound is \(limit)")
        }
        guard header.valueCount <= most || header.type == .index else {
            throw .malformed("a page of \(header.valueCount) values, where \(most) can be")
        }
        let payload = bytes[start..<start + header.compressedSize]
        index = payload.endIndex
        if let checksum = header.checksum {
            let seen = PageChecksum.of(payload)
            guard seen == checksum else {
                throw .malformed("the page's checksum is \(checksum), and that of its bytes \(seen)")
            }
        }
        switch header.type {
        case .index: return Page(header: header, presence: nil, presentCount: 0, values: [])
        case .dictionary:
            let plain = try inflate(payload, header.uncompressedSize)
            return Page(header: header, presence: nil, presentCount: header.valueCount, values: plain)
        case .data: return try first(header, payload)
        case .dataV2: return try second(header, payload)
        }
    }

    private func first(_ header: PageHeader, _ payload: ArraySlice<UInt8>) throws(ParquetError) -> Page {
        let plain = try inflate(payload, header.uncompressedSize)
        guard column.isOptional else {
            return Page(header: header, presence: nil, presentCount: header.valueCount, values: plain)
        }
        guard header.definitionEncoding == .rle else {
            throw ParquetError(.unsupported, "levels written as \(header.definitionEncoding)")
        }
        guard plain.count >= 4 else { throw .malformed("a page ends before its levels") }
        let length = Int(plain.half(at: plain.startIndex))
        guard length <= plain.count - 4 else {
            throw .malformed("levels of \(length) bytes are announced, and \(plain.count - 4) left")
        }
        let rest = plain.dropFirst(4)
        return try page(header, levels: rest.prefix(length), values: rest.dropFirst(length))
    }

    private func second(_ header: PageHeader, _ payload: ArraySlice<UInt8>) throws(ParquetError) -> Page {
        guard header.repetitionLength == 0 else { throw .malformed("repetition levels in a flat column") }
        let length = header.definitionLength
        guard length <= payload.count, length <= header.uncompressedSize else {
            throw .malformed("levels of \(length) bytes in a page of \(payload.count)")
        }
        let body = payload.dropFirst(length)
        let values = header.isCompressed ? try inflate(body, header.uncompressedSize - length) : body
        guard column.isOptional else {
            return Page(header: header, presence: nil, presentCount: header.valueCount, values: values)
        }
        return try page(header, levels: payload.prefix(length), values: values)
    }

    private func page(
        _ header: PageHeader, levels: ArraySlice<UInt8>, values: ArraySlice<UInt8>
    ) throws(ParquetError) -> Page {
        let presence = try RunLength.decode(levels, width: 1, count: header.valueCount)
        let present = presence.reduce(0) { $0 + Int($1) }
        let isFull = present == header.valueCount
        return Page(
            header: header, presence: isFull ? nil : presence.map { UInt8($0) }, presentCount: present, values: values)
    }

    private func inflate(_ payload: ArraySlice<UInt8>, _ length: Int) throws(ParquetError) -> ArraySlice<UInt8> {
        switch codec {
        case .uncompressed:
            guard payload.count == length else {
                throw .malformed("a page of \(payload.count) bytes says that it has \(length)")
            }
            return payload
        case .snappy: return try Snappy.decode(payload, length: length)[...]
        case .zstd:
            guard let decompressor else { throw ParquetError(.system, "zstd: no memory") }
            do {
                return try decompressor.read(payload, length: length)[...]
            } catch {
                throw .malformed("zstd: \(error)")
            }
        case .gzip, .lzo, .brotli, .lz4, .lz4Raw: throw ParquetError(.unsupported, "pages compressed by \(codec)")
        }
    }
}
