import Testing

@testable import Agent

@Suite struct NetworkLogSettingsTests {
    @Test func `the documents' section is understood, others are left alone`() throws {
        let settings = try NetworkLogSettings(
            ini: """
                [DEFAULT]
                debug = True
                whatever
                [network_log]
                # as documented
                rate_limit = 200
                burst_limit = 50
                #Local_output_log_base = <None>
                Local_output_log_base = /var/log/security.log
                """, file: "agent.ini")
        #expect(settings.rateLimit == 200)
        #expect(settings.burstLimit == 50)
        #expect(settings.outputPath == "/var/log/security.log")
        let none = try NetworkLogSettings(ini: "[network_log]\nrate_limit=0\nlocal_output_log_base=<None>", file: "f")
        #expect(none.rateLimit == 0)
        #expect(none.outputPath == nil)
    }

    @Test(arguments: [
        ("rate_limit = 99", "f:2: rate_limit = 99: give 100 or more, or 0 for unlimited"),
        ("rate_limit = many", "f:2: rate_limit = many: give 100 or more, or 0 for unlimited"),
        ("burst_limit = 24", "f:2: burst_limit = 24: give 25 or more"),
        ("burst_limit = 0", "f:2: burst_limit = 0: give 25 or more"),
        ("speed = 1", "f:2: unknown option \"speed\"; known are rate_limit, burst_limit, local_output_log_base"),
        ("rate_limit", "f:2: \"rate_limit\" is no setting; write NAME = VALUE"),
    ])
    func `what is wrong is told with its line`(line: String, words: String) {
        #expect(throws: NetworkLogSettings.Fault(description: words)) {
            try NetworkLogSettings(ini: "[network_log]\n\(line)", file: "f")
        }
    }
}
