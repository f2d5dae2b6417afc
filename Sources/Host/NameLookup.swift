import Glibc

/// Addresses that the system's resolver has for names.
package enum NameLookup {
    /// The addresses of a name in their text, without zones; none where nobody knows it now. May wait for the network.
    package static func addresses(of name: String) -> Set<String> {
        var hints = unsafe addrinfo()
        unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        guard unsafe getaddrinfo(name, nil, &hints, &list) == 0 else { return [] }
        defer { unsafe freeaddrinfo(list) }
        var found: Set<String> = []
        var entry = unsafe list
        while let info = unsafe entry {
            var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
            let length = socklen_t(text.count)
            if unsafe getnameinfo(
                info.pointee.ai_addr, info.pointee.ai_addrlen, &text, length, nil, 0, NI_NUMERICHOST) == 0
            {
                let bytes = text.prefix { $0 != 0 && $0 != CChar(bitPattern: UInt8(ascii: "%")) }
                found.insert(String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            }
            unsafe entry = info.pointee.ai_next
        }
        return found
    }
}
