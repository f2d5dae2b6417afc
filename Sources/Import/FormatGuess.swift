import Records

/// Tells a file's format from its first line.
enum FormatGuess {
    static func format(of line: ArraySlice<UInt8>, hasFields: Bool) -> ImportFormat? {
        if hasFields || AWSReader.isHeading(line) { return .aws }
        let tokens = line.split(whereSeparator: { $0 == UInt8(ascii: " ") })
        if tokens.count == AWSField.defaultNames.count, tokens[0].elementsEqual("2".utf8) { return .aws }
        if OVNReader.fits(line) { return .ovn }
        if ArgusReader.fits(line) { return .argus }
        if NfdumpReader.fits(line) { return .netflow }
        if ZeekReader.fits(line) { return .zeek }
        if SuricataReader.fits(line) { return .suricata }
        if GCPReader.fits(line) { return .gcp }
        if HubbleReader.fits(line) { return .hubble }
        if NeutronReader.fits(line) { return .neutron }
        return nil
    }
}
