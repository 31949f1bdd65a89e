import asyncio
import os
import re
import signal
import sys
import uuid

LARGEST = 1_000_000
FROM = re.compile(r"FROM: ?<([^<>]*)>", re.IGNORECASE)
TO = re.compile(r"TO: ?<([^<>]+)>", re.IGNORECASE)


class Session:
    def __init__(self, reader, writer):
        self.reader = reader
        self.writer = writer
        self.envelope = []  # the sender, then the recipients

    def reply(self, text):
        self.writer.write(f"{text}\r\n".encode())

    async def read_line(self):
        async with asyncio.timeout(300):
            return await self.reader.readuntil(b"\r\n")

    async def talk(self):
        self.reply("220 localhost ESMTP")
        while await self.answer((await self.read_line()).decode("latin-1").strip()):
            await self.writer.drain()

    async def answer(self, line):
        verb, _, rest = line.partition(" ")
        match verb.upper():
            case "HELO" | "EHLO" | "RSET":
                self.envelope.clear()
                self.reply("250 localhost")
            case "MAIL":
                self.add(FROM.match(rest), not self.envelope)
            case "RCPT":
                self.add(TO.match(rest), 0 < len(self.envelope) <= 100)
            case "DATA":
                await self.data()
            case "NOOP":
                self.reply("250 Nothing done")
            case "QUIT":
                self.reply("221 Goodbye")
                return False
            case _:
                self.reply("500 Unknown command")
        return True

    def add(self, address, fits):
        if address and fits:
            self.envelope.append(address[1])
            self.reply("250 Address ok")
        else:
            self.reply("503 Expected MAIL FROM:<address>, then RCPT TO:<address>")

    async def data(self):
        if len(self.envelope) < 2:
            self.reply("503 Say MAIL and RCPT first")
            return
        self.reply("354 End with a dot")
        mail = bytearray(f"Envelope: {' '.join(self.envelope)}\r\n".encode())
        while (line := await self.read_line()) != b".\r\n":
            if len(mail) <= LARGEST:
                mail += line[1:] if line.startswith(b".") else line
        if len(mail) > LARGEST:
            self.reply("552 The mail is too large")
        else:
            self.reply(f"250 Kept as {await asyncio.to_thread(keep, mail)}")
        self.envelope.clear()


def keep(mail):
    name = f"{uuid.uuid4()}.eml"
    path = os.path.join(sys.argv[1], name)
    with open(f"{path}.part", "wb") as file:
        file.write(mail)
    os.replace(f"{path}.part", path)
    return name


async def serve(reader, writer):
    try:
        await Session(reader, writer).talk()
    except (OSError, EOFError, asyncio.LimitOverrunError):
        pass  # it has gone, or is silent, or its line is too long
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
