import asyncio
import re
import signal

peers = {}


class Peer:
    def __init__(self, name, writer):
        self.name = name
        self.writer = writer
        self.lines = asyncio.Queue(64)

    def offer(self, line):
        if self.lines.full():
            self.writer.transport.abort()  # it does not read
        else:
            self.lines.put_nowait(line)

    async def write(self):
        while True:
            line = await self.lines.get()
            self.writer.write(f"{line}\n".encode())
            await self.writer.drain()


def say(text):
    for peer in peers.values():
        peer.offer(text)


async def read_line(reader):
    line = await reader.readuntil(b"\n")
    return line.decode(errors="replace").strip()


async def ask_for_name(reader, writer):
    while True:
        writer.write(b"* your name?\n")
        name = await read_line(reader)
        if re.fullmatch(r"[A-Za-z0-9_-]{1,16}", name) and name not in peers:
            return name


async def listen(peer, reader):
    while True:
        async with asyncio.timeout(600):
            line = await read_line(reader)
        match line:
            case "":
                pass
            case "/who":
                peer.offer("* here: " + ", ".join(sorted(peers)))
            case "/quit":
                return
            case _:
                say(f"<{peer.name}> {line}")


async def converse(reader, writer):
    async with asyncio.timeout(30):
        name = await ask_for_name(reader, writer)
    peer = peers[name] = Peer(name, writer)
    say(f"* {name} joined")
    try:
        async with asyncio.TaskGroup() as group:
            writing = group.create_task(peer.write())
            await listen(peer, reader)
            writing.cancel()
    finally:
        del peers[name]
        say(f"* {name} left")


async def serve(reader, writer):
    try:
        await converse(reader, writer)
    except* (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # it has gone, or is silent, or sends too much
    finally:
        writer.close()


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()


asyncio.run(main())
