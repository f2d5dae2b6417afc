import CHost
import Glibc

/// The network devices of the present namespace.
package enum NetworkDevices {
    /// Every device's number by its name.
    package static func numbers() -> [String: UInt32] {
        guard let list = unsafe if_nameindex() else { return [:] }
        defer { unsafe if_freenameindex(list) }
        var found: [String: UInt32] = [:]
        var entry = unsafe list
        while let name = unsafe entry.pointee.if_name {
            found[unsafe String(cString: name)] = unsafe UInt32(entry.pointee.if_index)
            unsafe entry += 1
        }
        return found
    }

    /// The device that has this alternative name (ip link property add altname).
    package static func find(altname: String) -> (name: String, number: UInt32)? {
        let number = unsafe if_nametoindex(altname)
        guard number != 0 else { return nil }
        var buffer = [CChar](repeating: 0, count: Int(IF_NAMESIZE) + 1)
        guard unsafe if_indextoname(number, &buffer) != nil else { return nil }
        return (
            String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self), UInt32(number)
        )
    }
}

extension NetworkDevices {
    /// The Ethernet address of a device of the present namespace, in the low 48 bits.
    package static func linkAddress(_ device: String) throws(SystemError) -> UInt64 {
        var bits: UInt64 = 0
        try checkShim("ioctl", device, unsafe gh_link_address(device, &bits))
        return bits
    }
}
