import Foundation

/// The forms that modifiers make of a value: dashes, encodings.
enum ValueForms {
    /// All forms of a text, any of which may fit.
    static func all(_ text: String, _ modifiers: [SigmaModifier]) -> [SigmaPattern] {
        var forms = [SigmaPattern(text)]
        var width: SigmaModifier?
        for modifier in modifiers {
            switch modifier {
            case .windash: forms = forms.flatMap(dashes)
            case .wide, .utf16le, .utf16be, .utf16: width = modifier
            case .base64:
                forms = forms.map { SigmaPattern(literal: Data(bytes(plain($0), width)).base64EncodedString()) }
            case .base64offset: forms = forms.flatMap { offsets(bytes(plain($0), width)) }
            case .contains, .startswith, .endswith, .all, .cased, .exists, .neq, .lt, .lte, .gt, .gte, .re, .i, .m, .s,
                .cidr,
                .fieldref, .expand, .minute, .hour, .day, .week, .month, .year:
                break
            }
        }
        return forms
    }

    /// What is encoded: the text itself.
    private static func plain(_ pattern: SigmaPattern) -> String {
        pattern.tokens.map { token in
            switch token {
            case .text(let scalars): String(String.UnicodeScalarView(scalars))
            case .any: "*"
            case .one: "?"
            }
        }.joined()
    }

    /// The five dashes that Windows takes before an option.
    private static func dashes(_ pattern: SigmaPattern) -> [SigmaPattern] {
        let marks = ["-", "/", "\u{2013}", "\u{2014}", "\u{2015}"]
        var forms: [SigmaPattern] = []
        for mark in marks {
            let form = pattern.mapText { text in
                var result = ""
                var isAtWord = true
                for character in text {
                    let next = isAtWord && (character == "-" || character == "/") ? mark : String(character)
                    result += next
                    isAtWord = !(character.isLetter || character.isNumber || character == "_" || character == "-")
                }
                return result
            }
            if !forms.contains(form) { forms.append(form) }
        }
        return forms.contains(pattern) ? forms : [pattern] + forms
    }

    private static func bytes(_ text: String, _ width: SigmaModifier?) -> [UInt8] {
        guard let width else { return Array(text.utf8) }
        let units = text.utf16.flatMap { unit -> [UInt8] in
            let (low, high) = (UInt8(truncatingIfNeeded: unit), UInt8(truncatingIfNeeded: unit >> 8))
            return width == .utf16be ? [high, low] : [low, high]
        }
        return width == .utf16 ? [0xff, 0xfe] + units : units
    }

    /// The three ways in which the bytes can stand in a longer base64 text, without the characters that depend on their
    /// neighbours.
    private static func offsets(_ bytes: [UInt8]) -> [SigmaPattern] {
        let (starts, ends) = ([0, 2, 3], [0, 3, 2])
        return (0..<3).map { offset in
            let text = Data([UInt8](repeating: 0x20, count: offset) + bytes).base64EncodedString()
            let rest = (bytes.count + offset) % 3
            return SigmaPattern(literal: String(text.dropFirst(starts[offset]).dropLast(ends[rest])))
        }
    }
}
