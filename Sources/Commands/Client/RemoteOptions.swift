import ArgumentParser
import Foundation

/// Who asks a control plane, and why it is believed to be the one.
struct AccessOptions: ParsableArguments {
    @Option(help: "A file with the API token for the control plane (default: $GATEHOUSE_TOKEN_FILE).")
    var tokenFile: String?

    @Option(
        help:
            "The certificate of the control plane's authority (default: $GATEHOUSE_AUTHORITY, else what the system trusts)."
    )
    var authority: String?

    private var tokenSetting: Setting? { Setting(tokenFile, "--token-file", variable: "GATEHOUSE_TOKEN_FILE") }

    /// Refuses an address that is none, and one that nobody asks.
    func check(_ server: Setting) throws {
        let url = URLComponents(string: server.value)
        guard let url, ["http", "https"].contains(url.scheme), url.host?.isEmpty == false, url.query == nil,
            url.fragment == nil, url.user == nil
        else { throw ValidationError("\(server): give https://NAME:PORT") }
        guard tokenSetting != nil else {
            throw ValidationError("\(server): who asks? give --token-file FILE, or set GATEHOUSE_TOKEN_FILE")
        }
    }

    /// The client of the control plane that is named.
    func client(_ server: Setting) throws -> ServerClient {
        guard let tokenSetting else {
            throw NotFound("\(server): who asks? give --token-file FILE, or set GATEHOUSE_TOKEN_FILE")
        }
        let text = String(decoding: try tokenSetting.file(), as: UTF8.self)
        let token = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw NotFound("\(tokenSetting): it holds no token; put the token alone into it, in one line")
        }
        return ServerClient(
            server: server, token: token, tokenFile: tokenSetting,
            authority: Setting(authority, "--authority", variable: "GATEHOUSE_AUTHORITY"))
    }
}

/// How a command reaches the control plane that its answer comes from.
struct RemoteOptions: ParsableArguments {
    @Option(help: "https://NAME:PORT of the control plane (default: $GATEHOUSE_SERVER).")
    var server: String?

    @OptionGroup var access: AccessOptions

    var setting: Setting? { Setting(server, "--server", variable: "GATEHOUSE_SERVER") }
}
