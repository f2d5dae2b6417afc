import Model
import Testing

@testable import Records

@Suite struct ValueBytesTests {
    @Test(arguments: [
        "0.0.0.0", "255.255.255.255", "10.1.1.10", "::1", "fd00::10", "", ".", "1.2.3", "1.2.3.4.5", "256.1.1.1",
        "01.2.3.4", "1.2.3.4 ", "1..2.3", "1.2.3.", "00.0.0.0", "::ffff:10.0.0.1", "x",
    ])
    func `addresses are read as the vocabulary reads them`(text: String) {
        #expect(ArraySlice(text.utf8).address == IPAddress(text))
    }

    @Test(arguments: [
        "fa:16:3e:50:aa:b5", "FA-16-3E-50-AA-B5", "", "fa:16:3e:50:aa", "fa:16:3e:50:aa:b5:", "fa:16:3e:50:aa:b",
        "fa:16:3e:50:aa:bg",
    ])
    func `MACs are read as the vocabulary reads them`(text: String) {
        #expect(ArraySlice(text.utf8).macAddress == MACAddress(text))
    }

    @Test(arguments: [
        "0e86db6f-4f1b-891e-bb82-0f4016d7a468", "0E86DB6F-4F1B-891E-BB82-0F4016D7A468", "",
        "0e86db6f04f1b-891e-bb82-0f4016d7a468", "0e86db6f-4f1b-891e-bb82-0f4016d7a46g",
    ])
    func `ids are read as the vocabulary reads them`(text: String) {
        let identifier: Identifier<Rule>? = ArraySlice(text.utf8).identifier()
        #expect(identifier == Identifier(text))
    }

    @Test(arguments: [
        ("0", UInt64(0)), ("18446744073709551615", .max), ("18446744073709551616", nil), ("", nil), ("-1", nil),
        ("+1", nil), ("1.0", nil), ("99999999999999999999", nil),
    ])
    func `numbers beyond 64 bits are refused`(text: String, number: UInt64?) {
        #expect(ArraySlice(text.utf8).decimal == number)
    }
}
