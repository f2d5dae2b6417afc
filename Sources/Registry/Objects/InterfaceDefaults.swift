import Model

/// What an interface gets where nobody says otherwise, and what its device may be called.
package enum InterfaceDefaults {
    /// Whether Linux can have a device, or an altname, of this name.
    package static func isDeviceName(_ name: String) -> Bool {
        (1...127).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "\"") }
    }

    /// The device's name, as Neutron's agents make it of an interface's id.
    package static func device(_ id: String) -> String { "tap\(id.prefix(11))" }

    /// A MAC address with Neutron's own prefix, and the low bits of the random id.
    package static func mac(_ id: String) -> String {
        let low = (Identifier<Never>(id)?.low ?? 0) & 0xff_ffff
        return MACAddress(bits: 0xfa16_3e00_0000 | low).description
    }
}
