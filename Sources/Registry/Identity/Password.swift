import Crypto
import CryptoExtras
package import Foundation

/// Passwords as the registry keeps them: scrypt (RFC 7914) with a salt of each its own.
package enum Password {
    /// scrypt's cost, block size and parallelism: 16 MB and some 40 ms a guess.
    private static let rounds = 16_384
    private static let blockSize = 8
    private static let parallelism = 1
    private static let keyBytes = 32

    /// `scrypt$N$r$p$SALT$KEY`, salt and key in Base64.
    package static func hash(_ password: String) throws -> String {
        let salt = Data((0..<16).map { _ in UInt8.random(in: .min ... .max) })
        let key = try derive(password, salt, rounds, blockSize, parallelism)
        return "scrypt$\(rounds)$\(blockSize)$\(parallelism)$\(salt.base64EncodedString())$\(key.base64EncodedString())"
    }

    /// Whether a password is the one that was hashed; takes as long when it is not.
    package static func matches(_ password: String, _ hash: String) -> Bool {
        let parts = hash.split(separator: "$").map(String.init)
        guard parts.count == 6, parts[0] == "scrypt", let rounds = Int(parts[1]), let blockSize = Int(parts[2]),
            let parallelism = Int(parts[3]), let salt = Data(base64Encoded: parts[4]),
            let wanted = Data(base64Encoded: parts[5]),
            let key = try? derive(password, salt, rounds, blockSize, parallelism)
        else { return false }
        return isEqual(key, wanted)
    }

    /// What is compared with when there is no such user, so that the time tells nothing.
    package static let nobody = "scrypt$16384$8$1$AAAAAAAAAAAAAAAAAAAAAA==$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="

    /// Compares in a time that depends on the length alone.
    package static func isEqual(_ one: Data, _ other: Data) -> Bool {
        guard one.count == other.count else { return false }
        return zip(one, other).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private static func derive(
        _ password: String, _ salt: Data, _ rounds: Int, _ blockSize: Int, _ parallelism: Int
    ) throws -> Data {
        try KDF.Scrypt.deriveKey(
            from: Data(password.utf8), salt: salt, outputByteCount: keyBytes, rounds: rounds, blockSize: blockSize,
            parallelism: parallelism
                // SAFETY: the bytes are copied while they are there.
        ).withUnsafeBytes { Data($0) }
    }
}
