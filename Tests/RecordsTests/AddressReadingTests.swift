import Model
import Testing

@testable import Records

@Suite struct AddressReadingTests {
    @Test(arguments: ["2001:db8:100::7", "255.0.0.1", "10.1.2.3", "fd00:1::10", "::1", "999::", "300:1::"])
    func `an address is read back whichever family its digits look like`(text: String) {
        #expect(Array(text.utf8)[...].address == IPAddress(text))
    }

    @Test(arguments: ["256.0.0.1", "1.2.3", "10.01.2.3", ""])
    func `what is no address is not taken for one`(text: String) {
        #expect(Array(text.utf8)[...].address == nil)
    }
}
