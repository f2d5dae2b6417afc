import GRDB

extension Schema {
    /// Version 8: a token knows what it came of, and goes with it; a credential knows whether it may make others.
    ///
    /// Tokens from before have no chain: each is its own first. Those that an application credential gave bear no trace of
    /// which, and with it no bound of what they grant: they end here.
    ///
    /// What ends a login ends its tokens whoever writes it, also another program: triggers hold that.
    static func addTokenChains(_ database: Database) throws {
        try database.execute(
            sql: """
                ALTER TABLE application_credential ADD COLUMN isUnrestricted INTEGER NOT NULL DEFAULT 0;
                ALTER TABLE token ADD COLUMN parentHash BLOB REFERENCES token ON DELETE CASCADE;
                ALTER TABLE token ADD COLUMN credentialID TEXT REFERENCES application_credential ON DELETE CASCADE;
                CREATE INDEX token_by_parent ON token (parentHash) WHERE parentHash IS NOT NULL;
                CREATE INDEX token_by_credential ON token (credentialID) WHERE credentialID IS NOT NULL;
                DELETE FROM token WHERE kind = 'session' AND instr(methods, 'application_credential') > 0;
                CREATE TRIGGER another_password_ends_tokens AFTER UPDATE OF passwordHash ON user
                  WHEN OLD.passwordHash IS NOT NEW.passwordHash
                  BEGIN DELETE FROM token WHERE userID = NEW.id AND kind = 'session'; END;
                CREATE TRIGGER disabled_user_ends_tokens AFTER UPDATE OF isEnabled ON user WHEN NOT NEW.isEnabled
                  BEGIN DELETE FROM token WHERE userID = NEW.id AND kind = 'session'; END;
                CREATE TRIGGER disabled_project_ends_tokens AFTER UPDATE OF isEnabled ON project WHEN NOT NEW.isEnabled
                  BEGIN DELETE FROM token WHERE projectID = NEW.id AND kind = 'session'; END;
                """)
    }
}
