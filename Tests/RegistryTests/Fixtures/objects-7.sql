-- What version 7 kept: a login's token, one that came of it, one of an application credential, and an API token.
INSERT INTO grdb_migrations (identifier) VALUES ('1'), ('2'), ('3'), ('4'), ('5'), ('6'), ('7');
INSERT INTO revision (number, madeAt, actor, requestID, action) VALUES (1, 100, 'ada', 'req-1', 'network.create');
INSERT INTO project VALUES ('p', 'demo', '', 1);
INSERT INTO user VALUES ('u', 'ada', 1, 'scrypt$x', 'p');
INSERT INTO role_assignment VALUES ('u', 'p', 'admin');
INSERT INTO application_credential VALUES ('c', 'robot', 'u', 'p', '', 'digest', 'admin,manager,member,reader', NULL);
INSERT INTO token VALUES (x'55b4b48f529c3d2daa027cbffa6cfb6a03690424550f22109e39917406c8243b', 'session', '', 'u', 'p', 'password', 'first', 100, 9000000000000000000);
INSERT INTO token VALUES (x'7a35833597e6687c599a0988b7a53b9b6a7ec18b88ca2a8e60f3265c8be6d527', 'session', '', 'u', 'p', 'token', 'second', 100, 9000000000000000000);
INSERT INTO token VALUES (x'4805ab0624bf846ebd4ee89b43701d8e83e3912a3294b46907753515fe8d9a09', 'session', '', 'u', 'p', 'application_credential', 'third', 100, 9000000000000000000);
INSERT INTO token VALUES (x'9a9f883d1bd5e5e97e1fa748ce295a96e110885c31b3eaa0c887b10505d68bc5', 'api', 'key', 'u', 'p', 'token', 'fourth', 100, NULL);
