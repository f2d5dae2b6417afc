/// xxHash's 64-bit function with seed 0, by which the format's Bloom filters find their bits.
package enum XXHash64 {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9e37_79b1_85eb_ca87, 0xc2b2_ae3d_27d4_eb4f, 0x1656_67b1_9e37_79f9, 0x85eb_ca77_c2b2_ae63,
        0x27d4_eb2f_1656_67c5
    )

    package static func of(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var index = bytes.startIndex
        var hash: UInt64
        if bytes.count >= 32 {
            var lanes = (primes.0 &+ primes.1, primes.1, UInt64(0), 0 &- primes.0)
            while index + 32 <= bytes.endIndex {
                lanes.0 = round(lanes.0, bytes.word(at: index))
                lanes.1 = round(lanes.1, bytes.word(at: index + 8))
                lanes.2 = round(lanes.2, bytes.word(at: index + 16))
                lanes.3 = round(lanes.3, bytes.word(at: index + 24))
                index += 32
            }
            hash =
                rotate(lanes.0, 1) &+ rotate(lanes.1, 7) &+ rotate(lanes.2, 12) &+ rotate(lanes.3, 18)
            hash = merge(hash, lanes.0)
            hash = merge(hash, lanes.1)
            hash = merge(hash, lanes.2)
            hash = merge(hash, lanes.3)
        } else {
            hash = primes.4
        }
        hash &+= UInt64(bytes.count)
        while index + 8 <= bytes.endIndex {
            hash = rotate(hash ^ round(0, bytes.word(at: index)), 27) &* primes.0 &+ primes.3
            index += 8
        }
        if index + 4 <= bytes.endIndex {
            hash = rotate(hash ^ UInt64(bytes.half(at: index)) &* primes.0, 23) &* primes.1 &+ primes.2
            index += 4
        }
        while index < bytes.endIndex {
            hash = rotate(hash ^ UInt64(bytes[index]) &* primes.4, 11) &* primes.0
            index += 1
        }
        return avalanche(hash)
    }

    /// The same for the eight bytes of a number.
    package static func of(word: UInt64) -> UInt64 {
        avalanche(rotate((primes.4 &+ 8) ^ round(0, word), 27) &* primes.0 &+ primes.3)
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* primes.1, 31) &* primes.0
    }

    private static func merge(_ hash: UInt64, _ lane: UInt64) -> UInt64 {
        (hash ^ round(0, lane)) &* primes.0 &+ primes.3
    }

    private static func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }

    private static func avalanche(_ value: UInt64) -> UInt64 {
        var hash = value
        hash = (hash ^ hash >> 33) &* primes.1
        hash = (hash ^ hash >> 29) &* primes.2
        return hash ^ hash >> 32
    }
}
