extension ExportDecoder {
    /// Reads a set of templates or of options templates.
    mutating func readTemplates(
        _ bytes: Span<UInt8>, _ body: Range<Int>, _ start: Int, _ source: Source, isOptions: Bool, _ state: inout State
    ) throws(ExportFault) {
        var place = body.lowerBound
        // What is shorter is padding.
        while body.upperBound - place >= 4 {
            let (id, count) = (bytes.big16(place), Int(bytes.big16(place + 2)))
            if count == 0 {
                // A withdrawal (RFC 7011, 8.1), or padding of version 9.
                if source.version == 10 { withdraw(id, isOptions, &state) }
                place += 4
                continue
            }
            let at = place - start
            guard id >= 256 else { throw ExportFault(offset: at, reason: "a template has the number \(id)") }
            var (fields, scopes) = (count, 0)
            place += 4
            if isOptions {
                guard body.upperBound - place >= 2 else { throw Self.cut(at, id) }
                let second = Int(bytes.big16(place))
                // Version 9 says bytes of scopes and of options, IPFIX all fields and how many of them are scopes.
                (fields, scopes) = source.version == 9 ? (count / 4 + second / 4, count / 4) : (count, second)
                place += 2
            }
            guard fields <= ExportTemplate.mostFields else {
                throw ExportFault(offset: at, reason: "template \(id) has \(fields) fields")
            }
            var list: [ExportTemplate.Field] = []
            for number in 0..<fields {
                guard body.upperBound - place >= 4 else { throw Self.cut(at, id) }
                var (element, length) = (bytes.big16(place), Int(bytes.big16(place + 2)))
                var enterprise: UInt32?
                place += 4
                if source.version == 10, element & 0x8000 != 0 {
                    guard body.upperBound - place >= 4 else { throw Self.cut(at, id) }
                    (element, enterprise) = (element & 0x7fff, bytes.big32(place))
                    place += 4
                }
                // What a scope of version 9 is has numbers of its own.
                if number < scopes { enterprise = enterprise ?? .max }
                if source.version == 10, length == 0xffff { length = ExportTemplate.variable }
                list.append(ExportTemplate.Field(element: element, enterprise: enterprise, length: length))
            }
            let template = ExportTemplate(fields: list, isOptions: isOptions)
            guard list.contains(where: { $0.length != 0 }) else {
                throw ExportFault(offset: at, reason: "template \(id) has records without bytes")
            }
            keep(template, id, source, &state)
        }
    }

    private mutating func keep(_ template: ExportTemplate, _ id: UInt16, _ source: Source, _ state: inout State) {
        if state.templates[id] == nil {
            guard templateCount < Self.mostTemplates else {
                return notes.append(.tooManyTemplates(domain: source.domain))
            }
            templateCount += 1
        }
        state.templates[id] = template
    }

    private mutating func withdraw(_ id: UInt16, _ isOptions: Bool, _ state: inout State) {
        let before = state.templates.count
        // The number of the set itself stands for all of its kind.
        if id == 2 || id == 3 {
            state.templates = state.templates.filter { $0.value.isOptions != isOptions }
        } else {
            state.templates[id] = nil
        }
        templateCount -= before - state.templates.count
    }

    private static func cut(_ offset: Int, _ id: UInt16) -> ExportFault {
        ExportFault(offset: offset, reason: "template \(id) is cut off")
    }
}
