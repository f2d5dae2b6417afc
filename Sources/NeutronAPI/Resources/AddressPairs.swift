import HTTPTypes
import Model
import Registry
import Service

/// `allowed_address_pairs` of a port: what it may use besides its fixed addresses.
enum AddressPairs {
    /// As Neutron's `max_allowed_address_pair`.
    private static let maximum = 10

    /// Reads the list; nil where it is empty.
    ///
    /// - Throws: an error of the type that Neutron has for it.
    static func read(_ value: JSON?, of port: StoredInterface) throws(NeutronError) -> [StoredInterface.Pair]? {
        guard let value, !value.isNull else { return nil }
        guard let items = value.items else {
            throw invalid("'\(AttributeType.show(value))' is not a list")
        }
        guard items.count <= maximum else {
            throw NeutronError(
                .badRequest, "AllowedAddressPairExhausted",
                "The number of allowed address pair exceeds the maximum \(maximum).")
        }
        var pairs: [StoredInterface.Pair] = []
        for item in items {
            let pair = try read(item, of: port)
            // One without a MAC is one with the port's own.
            func same(_ other: StoredInterface.Pair) -> Bool {
                other.address == pair.address && (other.mac ?? port.mac) == (pair.mac ?? port.mac)
            }
            guard !pairs.contains(where: same) else {
                throw NeutronError(
                    .badRequest, "DuplicateAddressPairInRequest",
                    "Request contains duplicate address pair: mac_address \(pair.mac ?? port.mac) ip_address "
                        + "\(pair.address).")
            }
            pairs.append(pair)
        }
        return pairs.isEmpty ? nil : pairs
    }

    private static func read(_ item: JSON, of port: StoredInterface) throws(NeutronError) -> StoredInterface.Pair {
        guard let members = item.members else { throw invalid("'\(AttributeType.show(item))' is not a dictionary") }
        if let key = members.keys.sorted().first(where: { !["ip_address", "mac_address"].contains($0) }) {
            throw NeutronError.badRequest("Unrecognized attribute(s) '\(key)'")
        }
        guard let value = members["ip_address"], let text = value.text else {
            throw NeutronError(
                .badRequest, "AllowedAddressPairsMissingIP", "AllowedAddressPair must contain ip_address")
        }
        let prefix: IPPrefix
        do {
            prefix = try IPPrefix(parsing: text)
        } catch .hostBitsSet(let network) {
            prefix = network
        } catch {
            throw invalid("'\(text)' is not a valid IP address or subnet")
        }
        if let fault = PrefixFault(prefix) { throw invalid("\(fault.message); \(fault.mend)") }
        return StoredInterface.Pair(
            AddressPair(prefix, mac: try readMAC(members["mac_address"], of: port)))
    }

    private static func readMAC(_ value: JSON?, of port: StoredInterface) throws(NeutronError) -> MACAddress? {
        guard let value, !value.isNull else { return nil }
        guard let text = value.text, let mac = MACAddress(text), mac.bits >> 40 & 1 == 0, mac.bits != 0 else {
            throw invalid("'\(AttributeType.show(value))' is not a valid MAC address")
        }
        // The port's own goes with the port, should that get another.
        return mac.description == port.mac ? nil : mac
    }

    private static func invalid(_ reason: String) -> NeutronError {
        .invalid("allowed_address_pairs", reason)
    }

    static func render(_ port: StoredInterface) -> JSON {
        .array(
            (port.pairs ?? []).map {
                .object(["ip_address": .string($0.address), "mac_address": .string($0.mac ?? port.mac)])
            })
    }
}
