import Testing

@testable import Sigma

/// Values of rules.
@Suite struct PatternTests {
    @Test(arguments: [
        ("abc", "abc", true), ("abc", "abcd", false), ("a*c", "abbbc", true), ("a?c", "abc", true),
        ("a?c", "ac", false),
        ("*", "", true), (#"a\*c"#, "a*c", true), (#"a\*c"#, "abc", false), (#"a\\*c"#, #"a\xc"#, true),
        (#"a\bc"#, #"a\bc"#, true), ("*a*b*c", "xxaxxbxxc", true), ("*aab", "aaaab", true),
    ]) func `a pattern fits whole texts`(pattern: String, text: String, fits: Bool) {
        #expect(SigmaPattern(pattern).fits(Array(text.unicodeScalars)) == fits)
    }
}
