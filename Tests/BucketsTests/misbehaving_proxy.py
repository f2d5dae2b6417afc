#!/usr/bin/env python3
"""An HTTP proxy that misbehaves as told: `misbehaving_proxy.py UPSTREAM-PORT FAULT,FAULT,… [CERTIFICATE KEY]`.

Each request takes the next fault of the list; when it is used up, requests are just forwarded. The first line it writes is its
port, then one for each request: the fault, the method, the path. CONNECT makes a tunnel, as an ordinary proxy does.
"""
import http.client
import http.server
import select
import socket
import ssl
import struct
import sys
import threading
import time

UPSTREAM = int(sys.argv[1])
faults = [fault for fault in sys.argv[2].split(",") if fault]
lock = threading.Lock()


class Reset(Exception):
    pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except Reset:
            # Closed with a reset rather than with an orderly end.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.rfile._sock = None
            self.connection.close()
        except (ConnectionError, ValueError, OSError):
            self.close_connection = True

    def tell(self, fault):
        with lock:
            print(fault, self.command, self.path, flush=True)

    def take(self):
        with lock:
            return faults.pop(0) if faults else "ok"

    def forward(self, body):
        upstream = http.client.HTTPConnection("127.0.0.1", UPSTREAM, timeout=60)
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            upstream.putheader(name, value)
        upstream.endheaders(body)
        answer = upstream.getresponse()
        return answer, answer.read()

    def reply(self, status, headers, body, cut=None):
        lines = [f"HTTP/1.1 {status} X"] + [f"{name}: {value}" for name, value in headers]
        data = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
        self.wfile.write(data if cut is None else data[:cut])
        self.wfile.flush()

    def refuse(self, status, code, *headers):
        body = f"<Error><Code>{code}</Code><Message>made up</Message></Error>".encode()
        self.reply(status, [*headers, ("Content-Length", str(len(body)))], body)

    def serve(self):
        fault = self.take()
        self.tell(fault)
        length = int(self.headers.get("Content-Length") or 0)
        if fault == "reset-request":
            self.rfile.read(length // 2)
            raise Reset
        body = self.rfile.read(length)
        if fault == "internal-error":
            return self.refuse(500, "InternalError")
        if fault == "slow-down":
            return self.refuse(503, "SlowDown", ("Retry-After", "1"))
        if fault == "slow-down-long":
            return self.refuse(503, "SlowDown", ("Retry-After", "120"))
        if fault == "stall":
            time.sleep(5)
            raise Reset
        if fault == "corrupt" and body:
            body = bytes([body[0] ^ 1]) + body[1:]
        answer, content = self.forward(body)
        if fault == "lost":
            raise Reset
        headers = [(n, v) for n, v in answer.getheaders() if n.lower() not in ("transfer-encoding", "connection")]
        if self.command != "HEAD" and not any(n.lower() == "content-length" for n, _ in headers):
            headers.append(("Content-Length", str(len(content))))
        if fault == "reset-answer":
            self.reply(answer.status, headers, content, cut=20 + len(content) // 2)
            raise Reset
        self.reply(answer.status, headers, content)

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = serve

    def do_CONNECT(self):
        self.tell("tunnel")
        host, port = self.path.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as upstream:
            self.wfile.write(b"HTTP/1.1 200 Connected\r\n\r\n")
            pair = [self.connection, upstream]
            while True:
                for source in select.select(pair, [], [])[0]:
                    data = source.recv(1 << 16)
                    if not data:
                        self.close_connection = True
                        return
                    pair[1 - pair.index(source)].sendall(data)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
if len(sys.argv) > 4:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
